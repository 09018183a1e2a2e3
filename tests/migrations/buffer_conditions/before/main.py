import asyncio


class Buffer:
    """Hands items on from producers to consumers, a few at a time."""

    def __init__(self, size, *, loop=None):
        self.items = []
        self.size = size
        self.changed = asyncio.Condition(lock=asyncio.Lock(loop=loop), loop=loop)

    async def put(self, item):
        async with self.changed:
            await self.changed.wait_for(lambda: len(self.items) < self.size)
            self.items.append(item)
            self.changed.notify_all()

    async def get(self):
        async with self.changed:
            await self.changed.wait_for(lambda: self.items)
            item = self.items.pop(0)
            self.changed.notify_all()
            return item


async def produce(buffer, items):
    for item in items:
        await buffer.put(item)
    await buffer.put(None)


async def consume(buffer):
    taken = []
    while True:
        item = await buffer.get()
        if item is None:
            return taken
        taken.append(item)


async def main():
    buffer = Buffer(2, loop=asyncio.get_event_loop())
    _, taken = await asyncio.gather(
        produce(buffer, range(6)), consume(buffer),
        loop=asyncio.get_event_loop(),
        return_exceptions=False,
    )
    print(taken)


asyncio.run(main())
