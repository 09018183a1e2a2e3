"""A pool of workers."""

import asyncio
from asyncio import gather


class Pool:
    def __init__(self, size, loop=None):
        self.size = size
        self.loop = loop

    async def map(self, function, items, loop=None):
        queue = asyncio.Queue()
        for place, item in enumerate(items):
            queue.put_nowait((place, item))
        results = [None] * queue.qsize()
        workers = [self.work(function, queue, results) for _ in range(self.size)]
        await gather(*workers)
        return results

    async def work(self, function, queue, results, loop=None):
        while not queue.empty():
            place, item = queue.get_nowait()
            results[place] = await asyncio.wait_for(function(item), 1)
