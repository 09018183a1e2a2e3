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
    number = asyncio.run(asyncio.shield(commit("one")))
    print(number)

with step("second"):
    print(asyncio.run(asyncio.wait_for(asyncio.shield(commit("two")), timeout=2)))

with step("third"):
    asyncio.run(asyncio.ensure_future(commit("three")))

print(committed)
