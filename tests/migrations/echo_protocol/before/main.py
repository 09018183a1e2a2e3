import asyncio


class EchoServer(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class EchoClient(asyncio.Protocol):
    def __init__(self, message, on_answer):
        self.message = message
        self.on_answer = on_answer

    def connection_made(self, transport):
        transport.write(self.message.encode())

    def data_received(self, data):
        self.on_answer.set_result(data.decode())


async def run_client(loop, message):
    server = await loop.create_server(EchoServer, '127.0.0.1', 0)
    address = server.sockets[0].getsockname()
    on_answer = loop.create_future()
    transport, _ = await loop.create_connection(
        lambda: EchoClient(message, on_answer), *address
    )
    print('received', await on_answer)
    transport.close()
    server.close()
    await asyncio.sleep(0.01, loop=loop)


async def main():
    for message in ('one', 'two'):
        await run_client(asyncio.get_event_loop(), message)


if __name__ == '__main__':
    loop = asyncio.get_event_loop()
    loop.run_until_complete(main())
    loop.close()
