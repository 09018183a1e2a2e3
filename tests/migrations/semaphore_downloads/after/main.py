import asyncio

SIZES = [3, 1, 2]


async def download(size, slots, log):
    async with slots:
        await asyncio.sleep(size / 1000)
        log.append(f"loaded {size}")


async def download_all(slots):
    log = []
    await asyncio.gather(*(download(size, slots, log) for size in SIZES))
    return log


def main():
    sizes = sum(SIZES)

    async def _main():
        # One at a time, for the order of the log.
        slots = asyncio.Semaphore(1)
        return await download_all(slots)

    log = asyncio.run(_main())
    print("\n".join(log))
    print(f"{sizes} in all")


if __name__ == "__main__":
    main()
