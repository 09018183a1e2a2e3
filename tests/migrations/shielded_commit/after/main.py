import asyncio
import contextlib

committed = []


async def commit(row):
    await asyncio.sleep(0.002)
    committed.append(row)
    return len(committed)


@contextlib.contextmanager
def step(name):
    print(f"{name} begins")
    yield
    print(f"{name} ends")


with step("first"):

    async def main():
        return await asyncio.shield(commit("one"))

    number = asyncio.run(main())
    print(number)

with step("second"):

    async def _main():
        return await asyncio.wait_for(asyncio.shield(commit("two")), timeout=2)

    print(asyncio.run(_main()))

with step("third"):

    async def main_1():
        await asyncio.ensure_future(commit("three"))

    asyncio.run(main_1())

print(committed)
