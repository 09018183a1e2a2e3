import asyncio


class Chat:
    def __init__(self, nick, loop=None):
        self.nick = nick
        self.loop = loop

    async def talk(self, port, lines):
        reader, writer = await asyncio.open_connection('127.0.0.1', port)
        for line in lines:
            writer.write('{}: {}\n'.format(self.nick, line).encode())
            answer = await asyncio.wait_for(reader.readline(), 5)
            print(answer.decode().rstrip())
        writer.write_eof()
        await reader.read()
        writer.close()


async def serve(reader, writer):
    while True:
        line = await reader.readline()
        if not line:
            break
        writer.write(line.upper())
    writer.close()


async def main():
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    await Chat('ann', asyncio.get_running_loop()).talk(port, ['hello', 'is anybody there?'])
    await Chat('bob').talk(port, ['bye'])
    server.close()


if __name__ == '__main__':
    asyncio.run(main())
