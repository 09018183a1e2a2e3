"""A connection that is opened by `await connect(…)` or `async with connect(…)`."""
import asyncio


class connect:
    def __init__(self, address):
        self.address = address
        self.is_open = False

    def __await__(self):
        return self._open().__await__()

    async def _open(self):
        await asyncio.sleep(0)
        self.is_open = True
        return self

    async def __aenter__(self):
        return await self

    async def __aexit__(self, *exc_info):
        self.is_open = False


connection = asyncio.run(connect("127.0.0.1:5432"))
print(connection.address, "open" if connection.is_open else "closed")


async def use():
    async with connect("127.0.0.1:5433") as connection:
        print(connection.address, "open" if connection.is_open else "closed")
    print(connection.address, "open" if connection.is_open else "closed")


asyncio.run(use())
