import asyncio


class Reply(asyncio.DatagramProtocol):
    def __init__(self):
        self.received = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, addr):
        self.received.set_result(data)


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.transport.sendto(data[::-1], addr)


async def main():
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    client, reply = await loop.create_datagram_endpoint(
        Reply, remote_addr=server.get_extra_info("sockname")
    )
    client.sendto(b"stressed")
    print((await reply.received).decode())
    client.close()
    server.close()


if __name__ == "__main__":
    # Proactors do no datagrams on old Pythons.
    asyncio.run(main(), loop_factory=asyncio.SelectorEventLoop)
