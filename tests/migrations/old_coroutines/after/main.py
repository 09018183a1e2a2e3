import asyncio


class Cache:
    """Remembers what was computed, and computes each key once."""

    def __init__(self):
        self.values = {}

    async def compute(self, key):
        await asyncio.sleep(0.001)
        print("computing", key)
        return key * key

    async def get(self, key):
        if key not in self.values:
            self.values[key] = await self.compute(key)
        return self.values[key]


async def total(keys):
    cache = Cache()
    result = 0
    for key in keys:
        result += await cache.get(key)
    return result


async def main():
    result = await total([1, 2, 3, 2])
    print("total", result)
    try:
        await asyncio.wait_for(asyncio.sleep(5), 0.001)
    except asyncio.TimeoutError:
        print("timed out")


if __name__ == "__main__":
    asyncio.run(main())
