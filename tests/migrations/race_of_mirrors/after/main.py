import asyncio

MIRRORS = {"north": 0.2, "south": 0.001, "west": 0.3}


async def download(mirror):
    await asyncio.sleep(MIRRORS[mirror])
    return mirror


async def fastest():
    done, pending = await asyncio.wait(
        [asyncio.create_task(download(mirror)) for mirror in MIRRORS],
        return_when=asyncio.FIRST_COMPLETED,
    )
    for task in pending:
        task.cancel()
    return done.pop().result(), len(pending)


async def check_all():
    done, _ = await asyncio.wait({asyncio.create_task(download("north")), asyncio.create_task(download("south"))}, timeout=1)
    return sorted(task.result() for task in done)


async def main():
    name, losers = await fastest()
    print("fastest:", name)
    print("others:", losers)
    print("all:", *await check_all())


if __name__ == "__main__":
    asyncio.run(main())
