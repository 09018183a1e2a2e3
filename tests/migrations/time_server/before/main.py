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


loop = asyncio.get_event_loop()
coro = asyncio.start_server(handle, "127.0.0.1", 0, loop=loop)
server = loop.run_until_complete(coro)
port = server.sockets[0].getsockname()[1]
asking = loop.create_task(ask(port, loop))
asking.add_done_callback(lambda done: loop.stop())

# Serve requests until Ctrl+C is pressed
print("serving on {}".format(server.sockets[0].getsockname()[0]))
try:
    loop.run_forever()
except KeyboardInterrupt:
    pass

# Close the server
server.close()
loop.run_until_complete(server.wait_closed())
loop.close()
print("closed")
