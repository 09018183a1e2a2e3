import asyncio

TABLES = {"users": ["ann", "bob"], "rates": [3, 4, 5], "orders": []}


async def load(name):
    await asyncio.sleep(0)
    print("loaded", name)
    return TABLES[name]


async def count(*tables):
    return {name: len(rows) for name, rows in zip("uro", await asyncio.gather(*tables))}


users = asyncio.ensure_future(load("users"))
rates = asyncio.ensure_future(load("rates"))
orders = asyncio.ensure_future(load("orders"))
ready = asyncio.gather(users, rates)


async def report():
    """Print what all tables hold."""
    print(await ready)
    counted = await count(users, rates, orders)
    for name, rows in counted.items():
        print(name, rows)


asyncio.run(report())
