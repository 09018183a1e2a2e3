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
    pool = ThreadPoolExecutor(2)

    async def _main():
        loop = asyncio.get_running_loop()
        loop.set_default_executor(pool)
        first = loop.run_in_executor(None, checksum, "first", b"a" * 1000)
        second = loop.run_in_executor(None, partial(checksum, "second", b"b" * 1000))
        results = await asyncio.gather(first, second)
        await report(results)
        return len(results)

    return asyncio.run(_main())


if __name__ == "__main__":
    print(main(), "files")
