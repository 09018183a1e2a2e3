from asyncio import run, wait_for

from compat import asyncio, first_word


async def main():
    print(await wait_for(first_word("hello world"), 1))
    print(asyncio.iscoroutine(None))


run(main())
