import asyncio

TABLES = []


async def create(name):
    await asyncio.sleep(0)
    TABLES.append(name)


async def count():
    return len(TABLES)


asyncio.get_event_loop().run_until_complete(create("users"))
asyncio.get_event_loop().run_until_complete(create("orders"))
tables = asyncio.get_event_loop().run_until_complete(count())
print(tables, "tables:", ", ".join(TABLES))
