import asyncio


class Upper(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data.upper())
        self.transport.close()


class Asking(asyncio.Protocol):
    def __init__(self, text, answered):
        self.text = text
        self.answered = answered

    def connection_made(self, transport):
        transport.write(self.text)

    def data_received(self, data):
        print(data.decode())

    def connection_lost(self, error):
        self.answered.set_result(True)


loop = asyncio.get_event_loop()
answered = loop.create_future()
server = loop.run_until_complete(loop.create_server(Upper, "127.0.0.1", 0))
host, port = server.sockets[0].getsockname()
try:
    loop.run_until_complete(
        loop.create_connection(
            lambda: Asking(b"hello", answered),
            host,
            port,
        )
    )
    loop.run_until_complete(answered)
finally:
    server.close()
    loop.run_until_complete(server.wait_closed())
    loop.close()
