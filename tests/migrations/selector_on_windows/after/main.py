import asyncio

from echo import ask, serve


async def main():
    async with await serve() as server:
        port = server.sockets[0].getsockname()[1]
        for word in ("one", "two"):
            print(await ask(port, word))


if __name__ == "__main__":
    asyncio.run(main(), loop_factory=asyncio.SelectorEventLoop)
