from asyncio import get_running_loop, run, wait_for

from compat import asyncio, first_word


async def main():
    loop = get_running_loop()
    print(await wait_for(first_word("hello world"), 1, loop=loop))
    print(asyncio.iscoroutine(None))


run(main())
