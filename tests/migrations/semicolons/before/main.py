import asyncio
import sys


async def measure(name, size, sink):
    await asyncio.sleep(0)
    sink.append((name, size))
    return size


async def tick(times, sink):
    for n in range(times):
        sink.append(("tick", n)); await asyncio.sleep(0)


def main(names):
    sink = []; loop = asyncio.get_event_loop()
    try: ticking = loop.create_task(tick(2, sink)); total = loop.run_until_complete(measure(names[0], 4, sink)); loop.run_until_complete(ticking)
    finally: loop.close()
    print("total", total); print(sorted(sink))


if __name__ == "__main__": main(["one", *sys.argv[1:]])
