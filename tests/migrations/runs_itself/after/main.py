import asyncio
import sys


async def serve(name):
    for step in ("starting", "running", "stopped"):
        await asyncio.sleep(0)
        print(name, step)


def start(argv=None):
    name = (argv or ["service"])[0]
    asyncio.run(serve(name))


if __name__ == "__main__":
    start(sys.argv[1:])
