import asyncio
import functools


class Ident:
    """Tells who is connected, by port."""

    def __init__(self, loop=None):
        self.loop = loop if loop is not None else asyncio.get_event_loop()
        self.closed = self.loop.create_future()
        self.number = 0

    async def start(self):
        handle = functools.partial(self.handle, greeting="you are number")
        self.server = await asyncio.start_server(handle, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def handle(self, reader, writer, *, greeting):
        self.number += 1
        writer.write(f"{greeting} {self.number}\n".encode())
        writer.close()
        if self.number == 3:
            self.closed.set_result("closed")

    async def close(self):
        print(await self.closed)
        self.server.close()


async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    print((await reader.read()).decode().rstrip())
    writer.close()


async def run(ident):
    port = await ident.start()
    for _ in range(3):
        await ask(port)
    await ident.close()


if __name__ == "__main__":

    async def main():
        ident = Ident()
        await run(ident)

    asyncio.run(main())
