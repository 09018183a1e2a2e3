#!/usr/bin/env python3
"""Makes thumbnails of whatever is in the list, with three workers."""
import asyncio
import random

PICTURES = ["beach.png", "city.png", "dog.png", "fish.png", "harbour.png"]


async def worker(queue, done):
    while True:
        picture = await queue.get()
        await asyncio.sleep(0.001)
        done.append(picture.replace(".png", ".thumb.png"))
        queue.task_done()


async def make_all(queue, pictures):
    done = []
    workers = [asyncio.ensure_future(worker(queue, done)) for _ in range(3)]
    await asyncio.sleep(0)
    for picture in pictures:
        await queue.put(picture)
    await queue.join()
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    return done


random.seed(1)
pictures = random.sample(PICTURES, 4)


async def main():
    # Big enough that nobody ever waits to put something in.
    queue = asyncio.Queue(maxsize=100)
    return await make_all(queue, pictures)


thumbnails = asyncio.run(main())
for thumbnail in sorted(thumbnails):
    print(thumbnail)
