import asyncio

CHUNKS = [b"name;pri", b"ce\napple;1\n", b"pear;2", b"\n"]


async def lines(reader):
    async for line in reader:
        yield line.decode().rstrip("\n")


async def feed(reader):
    for chunk in CHUNKS:
        reader.feed_data(chunk)
        await asyncio.sleep(0)
    reader.feed_eof()


async def show(reader):
    feeder = asyncio.ensure_future(feed(reader))
    async for line in lines(reader):
        print(line.split(";"))
    await feeder


def main():
    reader = asyncio.StreamReader(limit=1024)
    asyncio.run(show(reader))


main()
