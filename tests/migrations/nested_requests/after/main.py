import asyncio

STOCK = {"apple": 3, "pear": 0}


async def query(item):
    await asyncio.sleep(0)
    return STOCK.get(item)


async def available(item):
    amount = await query(item)
    return bool(amount)


async def order(*items):
    missing = []
    for item in items:
        if not await available(item):
            missing.append(item)
    return missing or None


async def main():
    print("missing:", await order("apple"))
    print("missing:", await order("apple", "pear", "fig"))


asyncio.run(main())
