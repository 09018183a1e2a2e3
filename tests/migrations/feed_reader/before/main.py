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
    loop = asyncio.get_event_loop()
    # Everything that is new.
    pages = loop.run_until_complete(asyncio.gather(*[fetch(name) for name in sorted(FEEDS)]))
    entries = [entry for page in pages for entry in page]
    print("fetched", len(pages), "feeds")

    # Keep it.
    stored = loop.run_until_complete(store(entries))
    print("stored", stored, "entries")
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
