import asyncio
import itertools


async def collatz(number):
    for steps in itertools.count():
        if number == 1:
            return steps
        number = number // 2 if number % 2 == 0 else 3 * number + 1
        await asyncio.sleep(0)


async def name(number):
    return "#" + str(number)


for start in range(5, 8):

    async def main():
        return await asyncio.gather(name(start), collatz(start))

    print(asyncio.run(main()))

if True:
    with open(__file__, encoding="utf-8") as source:
        first = source.readline().strip()

        async def _main():
            return await asyncio.gather(*[name(len(word)) for word in first.split()])

        results = asyncio.run(_main())
        print(first, results)
