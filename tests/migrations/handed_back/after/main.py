import asyncio

from prices import Prices


async def main():
    prices = Prices({"apple": 3, "pear": 4})
    for name in ("apple", "pear", ""):
        print(name or "-", await prices.of(name))
    print(await prices.both("apple", "pear"))


asyncio.run(main())
