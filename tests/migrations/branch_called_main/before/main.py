import asyncio

COUNTS = {"main": 2, "dev": 3}


async def commits(branch):
    await asyncio.sleep(0)
    return COUNTS[branch]


def compare(main="main", other="dev"):
    total = 0
    total += sum(asyncio.run(asyncio.gather(commits(main), commits(other))))
    return total


print(compare())
print(compare(other="main"))
