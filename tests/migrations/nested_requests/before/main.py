import asyncio

STOCK = {"apple": 3, "pear": 0}


async def query(item):
    await asyncio.sleep(0)
    return STOCK.get(item)


async def available(item):
    loop = asyncio.get_event_loop()
    amount = loop.run_until_complete(query(item))
    return bool(amount)


async def order(*items):
    missing = []
    for item in items:
        if not asyncio.run(available(item)):
            missing.append(item)
    return missing or None


async def main():
    print("missing:", await order("apple"))
    print("missing:", asyncio.run(order("apple", "pear", "fig")))


asyncio.run(main())
