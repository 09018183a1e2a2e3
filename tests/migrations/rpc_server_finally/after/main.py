import asyncio
import json


async def handle(reader, writer):
    request = json.loads((await reader.readline()).decode())
    result = getattr(request["text"], request["method"])()
    writer.write(json.dumps({"result": result}).encode() + b"\n")
    await writer.drain()
    writer.close()


async def call(port, method, text):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(json.dumps({"method": method, "text": text}).encode() + b"\n")
    answer = json.loads((await reader.readline()).decode())
    await reader.read()
    writer.close()
    return answer["result"]


async def talk():
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        print(await call(port, "upper", "hello"))
        print(await call(port, "isdigit", "12"))
    finally:
        server.close()
        await server.wait_closed()


if __name__ == "__main__":
    try:
        asyncio.run(talk())
    except KeyboardInterrupt:
        print("interrupted")
    print("closed")
