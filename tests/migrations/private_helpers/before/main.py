import asyncio

from bakery import bake


async def main():
    loop = asyncio.get_running_loop()
    loaves = await bake(["rye", "spelt", "oat"], ovens=2, loop=loop)
    print(", ".join(loaves))


asyncio.run(main())
