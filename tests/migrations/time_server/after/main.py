import asyncio

ANSWERS = {b"time\n": b"noon\n", b"date\n": b"monday\n"}


async def handle(reader, writer):
    question = await reader.readline()
    print("asked for", question.decode().strip())
    writer.write(ANSWERS[question])
    await writer.drain()
    writer.close()


async def ask(port, loop):
    for question in sorted(ANSWERS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(question)
        print((await reader.readline()).decode().strip())
        writer.close()



async def main():
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    coro = asyncio.start_server(handle, "127.0.0.1", 0)
    server = await coro
    port = server.sockets[0].getsockname()[1]
    asking = loop.create_task(ask(port, loop))
    asking.add_done_callback(lambda done: stop.set())

    # Serve requests until Ctrl+C is pressed
    print("serving on {}".format(server.sockets[0].getsockname()[0]))
    try:
        await stop.wait()
    finally:
        # Close the server
        server.close()
        await server.wait_closed()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass

print("closed")
