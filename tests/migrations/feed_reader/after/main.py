import asyncio

FEEDS = {
    "news": ["one", "two"],
    "blog": ["three"],
}


async def fetch(name):
    await asyncio.sleep(0.01)
    return FEEDS[name]


async def store(entries):
    await asyncio.sleep(0)
    return len(entries)


if __name__ == "__main__":

    async def main():
        # Everything that is new.
        pages = await asyncio.gather(*[fetch(name) for name in sorted(FEEDS)])
        entries = [entry for page in pages for entry in page]
        print("fetched", len(pages), "feeds")

        # Keep it.
        return await store(entries)

    stored = asyncio.run(main())
    print("stored", stored, "entries")
