import asyncio
import functools


class UniqueQueue(asyncio.Queue):
    """A queue that takes nothing twice."""

    def __init__(self, maxsize=0, *, loop=None):
        super().__init__(maxsize, loop=loop)
        self._seen = set()

    def put_nowait(self, item):
        if item not in self._seen:
            self._seen.add(item)
            super().put_nowait(item)


pause = functools.partial(asyncio.sleep, 0.001, loop=None)


async def drain(queue, options):
    taken = []
    while not queue.empty():
        taken.append(await asyncio.wait_for(queue.get(), **{"timeout": 1, "loop": options["loop"]}))
        await pause()
    return taken


async def main():
    queue = UniqueQueue()
    for letter in "mississippi":
        queue.put_nowait(letter)
    print(*await drain(queue, {"loop": None}))


asyncio.run(main())
