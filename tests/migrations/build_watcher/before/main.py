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
    loop = asyncio.get_event_loop()
    beating = loop.create_task(watcher.beat())
    loop.call_later(0.02, print, "still at it")
    done = loop.run_until_complete(asyncio.wait_for(build(targets[0]), 5))
    beating.cancel()
    print("heard", "enough" if watcher.beats > 2 else "nothing")
    return done


def main():
    print(make(["docs"]))


main()
