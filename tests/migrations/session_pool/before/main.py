import asyncio


class Session:
    """Opens connections lazily, closes those that nobody used for a while."""

    def __init__(self, *, keep: float = 0.01):
        self._loop = asyncio.get_running_loop()
        self._keep = keep
        self._open = {}

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc_info):
        for handle in self._open.values():
            handle.cancel()
        self._open.clear()

    async def get(self, host: str) -> str:
        reused = host in self._open
        if reused:
            self._open.pop(host).cancel()
        self._open[host] = self._loop.call_later(self._keep, self._open.pop, host)
        await asyncio.sleep(0)
        return f"{host}: {'reused' if reused else 'opened'}"


session = Session(keep=5)


async def main():
    async with session:
        for host in ["a.example", "b.example", "a.example"]:
            print(await session.get(host))


asyncio.run(main())
