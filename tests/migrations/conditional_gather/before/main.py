import asyncio
import sys


async def step(name):
    await asyncio.sleep(0)
    return name


def build(*, parallel):
    if (steps := [step("lint"), step("test")]) and parallel:
        return asyncio.run(asyncio.gather(*steps) if parallel else steps[0])
    return [asyncio.run(one) for one in steps]


print(build(parallel=False))
print(build(parallel=True), file=sys.stdout)
