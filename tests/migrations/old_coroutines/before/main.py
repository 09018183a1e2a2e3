import asyncio


class Cache:
    """Remembers what was computed, and computes each key once."""

    def __init__(self):
        self.values = {}

    @asyncio.coroutine
    def compute(self, key):
        yield from asyncio.sleep(0.001)
        print("computing", key)
        return key * key

    @asyncio.coroutine
    def get(self, key):
        if key not in self.values:
            self.values[key] = yield from self.compute(key)
        return self.values[key]


@asyncio.coroutine
def total(keys):
    cache = Cache()
    result = 0
    for key in keys:
        result += yield from cache.get(key)
    return result


@asyncio.coroutine
def main():
    result = yield from total([1, 2, 3, 2])
    print("total", result)
    try:
        yield from asyncio.wait_for(asyncio.sleep(5), 0.001)
    except asyncio.TimeoutError:
        print("timed out")


if __name__ == "__main__":
    asyncio.run(main())
