import asyncio
import sys

if sys.version_info < (3, 8):
    asyncio.get_child_watcher()

if sys.version_info >= (3, 11):
    timeout = asyncio.timeout
else:
    timeout = None


async def slow():
    await asyncio.sleep(5)


async def main():
    try:
        await asyncio.wait_for(slow(), 0.001, loop=asyncio.get_running_loop())
    except asyncio.TimeoutError:
        print("too slow")


asyncio.run(main())
