import asyncio

TABLES = []


async def create(name):
    await asyncio.sleep(0)
    TABLES.append(name)


async def count():
    return len(TABLES)


async def main():
    await create("users")
    await create("orders")
    return await count()


tables = asyncio.run(main())
print(tables, "tables:", ", ".join(TABLES))
