import asyncio
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial


def checksum(name, data):
    return name, zlib.crc32(data)


async def report(results):
    for name, value in results:
        print(name, "%08x" % value)
        await asyncio.sleep(0)


def main():
    loop = asyncio.get_event_loop()
    pool = ThreadPoolExecutor(2)
    loop.set_default_executor(pool)
    first = loop.run_in_executor(None, checksum, "first", b"a" * 1000)
    second = loop.run_in_executor(None, partial(checksum, "second", b"b" * 1000))
    try:
        results = loop.run_until_complete(asyncio.gather(first, second))
        loop.run_until_complete(report(results))
        return len(results)
    finally:
        loop.close()


if __name__ == "__main__":
    print(main(), "files")
