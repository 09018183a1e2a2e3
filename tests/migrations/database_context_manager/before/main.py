import asyncio


class Database:
    """A database of one table, whose writes are done by a background task."""

    def __init__(self, rows=()):
        self.rows = list(rows)
        self._queue = asyncio.Queue()
        self._writer = asyncio.ensure_future(self._write())

    async def _write(self):
        while True:
            row = await self._queue.get()
            self.rows.append(row)
            self._queue.task_done()

    async def __aenter__(self):
        return self

    async def __aexit__(self, *exc_info):
        await self._queue.join()
        self._writer.cancel()

    def insert(self, row):
        self._queue.put_nowait(row)


async def fill(database):
    async with database:
        for row in ("two", "three"):
            database.insert(row)
    return database.rows


if __name__ == "__main__":
    rows = asyncio.run(fill(Database(["one"])))
    print(rows)
