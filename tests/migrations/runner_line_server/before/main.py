import asyncio


class Server:
    def __init__(self, loop):
        self.loop = loop
        self.served = 0

    async def handle(self, reader, writer):
        line = await reader.readline()
        self.served += 1
        writer.write(line.upper())
        await writer.drain()
        writer.close()
        if line == b"quit\n":
            self.loop.call_soon(self.loop.stop)

    async def listen(self):
        self.server = await asyncio.start_server(self.handle, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def close(self):
        self.server.close()
        await self.server.wait_closed()
        print("served", self.served)


async def ask(port, *lines):
    for line in lines:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(line.encode() + b"\n")
        print((await reader.readline()).decode().strip())
        writer.close()


def main():
    loop = asyncio.get_event_loop()
    server = Server(loop)
    port = loop.run_until_complete(server.listen())
    client = loop.create_task(ask(port, "hello", "again", "quit"))
    try:
        loop.run_forever()
    except KeyboardInterrupt:
        print("interrupted")
    finally:
        loop.run_until_complete(client)
        loop.run_until_complete(server.close())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


if __name__ == "__main__":
    main()
