import asyncio


class Prices:
    def __init__(self, table):
        self.table = table

    @asyncio.coroutine
    def of(self, name):
        if not name:
            return None
        return self.look_up(name)

    async def look_up(self, name):
        await asyncio.sleep(0)
        return self.table[name]

    @asyncio.coroutine
    def both(self, one, other):
        return asyncio.gather(self.of(one), self.of(other))
