import asyncio


async def answer(reader, writer):
    line = await reader.readline()
    writer.write(line.upper())
    await writer.drain()
    writer.close()


async def serve():
    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def ask(port, word):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(word.encode() + b"\n")
    line = await reader.readline()
    writer.close()
    return line.decode().strip()
