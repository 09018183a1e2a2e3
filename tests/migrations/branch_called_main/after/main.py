import asyncio

COUNTS = {"main": 2, "dev": 3}


async def commits(branch):
    await asyncio.sleep(0)
    return COUNTS[branch]


def compare(main="main", other="dev"):
    total = 0

    async def _main():
        return await asyncio.gather(commits(main), commits(other))

    total += sum(asyncio.run(_main()))
    return total


print(compare())
print(compare(other="main"))
