import asyncio

from prices import Prices


@asyncio.coroutine
def main():
    prices = Prices({"apple": 3, "pear": 4})
    for name in ("apple", "pear", ""):
        print(name or "-", (yield from prices.of(name)))
    print((yield from prices.both("apple", "pear")))


asyncio.run(main())
