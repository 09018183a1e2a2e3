import asyncio

SALES = {"north": [3, 4], "south": [1, 5], "west": []}


async def sold(region):
    await asyncio.sleep(0)
    return sum(SALES[region])


totals = {}


async def main():
    return await asyncio.gather(sold("north"), sold("south"))


low, high = sorted(asyncio.run(main()))


async def _main():
    return await asyncio.gather(sold("north"))


totals["north"] = asyncio.run(_main())[0]
ranked = [low]


async def main_1():
    return await asyncio.gather(*map(sold, SALES))


ranked += asyncio.run(main_1())


async def main_2():
    return await asyncio.gather(sold('west'))


print(f"{low} to {high}, {asyncio.run(main_2())!r:>5}")


async def main_3():
    return await asyncio.gather(*map(sold, sorted(SALES)))


print("all:", *asyncio.run(main_3()), "sold", sep=" ")


async def main_4():
    return await asyncio.gather(sold("north"), sold("south"))


print([total * 2 for total in asyncio.run(main_4())])


async def main_5():
    return await asyncio.gather(sold("west"))


async def main_6():
    return await asyncio.gather(sold("south"))


if (found := asyncio.run(main_5())) == [0]:
    print("nothing in the west:", found)
elif asyncio.run(main_6()):
    print("something")


async def main_7():
    return await asyncio.gather(sold("north"))


best = max(asyncio.run(main_7()) if totals else [0])


async def main_8():
    return await asyncio.gather(sold("south"))


assert totals and asyncio.run(main_8()), "no sales"
print(ranked, best, totals)
