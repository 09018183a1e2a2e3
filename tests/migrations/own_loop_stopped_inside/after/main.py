import asyncio
from collections import deque


class Clock:
    def __init__(self, ticks):
        self.left = ticks
        self.seen = deque()

    def tick(self):
        self.seen.append(self.left)
        self.left -= 1

    async def run(self):
        loop = asyncio.get_running_loop()
        while self.left:
            self.tick()
            await asyncio.sleep(0.001)
        loop.stop()


def main():
    clock = Clock(3)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.create_task(clock.run())
    try:
        loop.run_forever()
    finally:
        loop.close()
    print("ticks:", *clock.seen)


if __name__ == "__main__":
    main()
