import asyncio

from .limits import Limits


class Inventory:
    def __init__(self, limit, loop=None):
        self._loop = loop
        self._limits = Limits(limit, loop=loop)
        self._amounts = {}

    async def receive(self, delivery):
        await asyncio.gather(
            *(self._put(item, amount) for item, amount in delivery.items()), loop=self._loop
        )

    async def _put(self, item, amount):
        async with self._limits.writer:
            await asyncio.sleep(0.001, loop=self._loop)
            self._amounts[item] = self._amounts.get(item, 0) + amount

    async def take(self, item):
        async with self._limits.writer:
            if not self._amounts.get(item):
                return False
            self._amounts[item] -= 1
            return True

    async def report(self):
        async with self._limits.readers:
            await asyncio.sleep(0, loop=self._loop)
            return ", ".join(f"{item} {amount}" for item, amount in sorted(self._amounts.items()))
