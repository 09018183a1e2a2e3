import asyncio


class Waiters:
    def __init__(self):
        self._waiting = []

    async def wait(self):
        future = asyncio.Future()
        self._waiting.append(future)
        return await future

    def wake(self, value):
        for future in self._waiting:
            future.set_result(value)
        self._waiting.clear()


async def main():
    loop = asyncio.get_running_loop()
    waiters = Waiters()
    tasks = [asyncio.ensure_future(waiters.wait()) for _ in range(2)]
    loop.call_later(0.001, waiters.wake, "up")
    print(await asyncio.gather(*tasks))


asyncio.run(main())
