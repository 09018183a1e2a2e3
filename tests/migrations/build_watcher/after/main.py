import asyncio


class Watcher:
    def __init__(self):
        self.beats = 0

    async def beat(self):
        while True:
            self.beats += 1
            await asyncio.sleep(0.01)


async def build(target):
    await asyncio.sleep(0.05)
    print("built", target)
    return target + ".whl"


def make(targets):
    watcher = Watcher()

    async def _main():
        loop = asyncio.get_running_loop()
        beating = loop.create_task(watcher.beat())
        loop.call_later(0.02, print, "still at it")
        done = await asyncio.wait_for(build(targets[0]), 5)
        beating.cancel()
        return done

    done = asyncio.run(_main())
    print("heard", "enough" if watcher.beats > 2 else "nothing")
    return done


def main():
    print(make(["docs"]))


main()
