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
    sink = []

    async def _main():
        loop = asyncio.get_running_loop()
        ticking = loop.create_task(tick(2, sink))
        total = await measure(names[0], 4, sink)
        await ticking
        return total

    total = asyncio.run(_main())
    print("total", total); print(sorted(sink))


if __name__ == "__main__": main(["one", *sys.argv[1:]])
