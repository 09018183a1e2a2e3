import asyncio


async def work(name):
    await asyncio.sleep(0.001)
    return name + ": done"


def begin(*names):
    return asyncio.gather(*map(work, names))
