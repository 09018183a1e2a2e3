import asyncio
import sys

from echo import ask, serve


async def main():
    async with await serve() as server:
        port = server.sockets[0].getsockname()[1]
        for word in ("one", "two"):
            print(await ask(port, word))


if __name__ == "__main__":
    if sys.platform == "win32":
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    asyncio.run(main())
