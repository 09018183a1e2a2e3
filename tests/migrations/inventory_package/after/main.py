import asyncio

from inventory import Inventory


async def main():
    loop = asyncio.get_running_loop()
    inventory = Inventory(limit=2, loop=loop)
    await inventory.receive({"apple": 5, "pear": 2, "fig": 1})
    print(await inventory.report())
    print("taken:", await inventory.take("pear"), await inventory.take("kiwi"))
    print(await inventory.report())


if __name__ == "__main__":
    asyncio.run(main())
