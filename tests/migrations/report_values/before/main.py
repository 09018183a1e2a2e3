import asyncio

SALES = {"north": [3, 4], "south": [1, 5], "west": []}


async def sold(region):
    await asyncio.sleep(0)
    return sum(SALES[region])


totals = {}
low, high = sorted(asyncio.run(asyncio.gather(sold("north"), sold("south"))))
totals["north"] = asyncio.run(asyncio.gather(sold("north")))[0]
ranked = [low]
ranked += asyncio.run(asyncio.gather(*map(sold, SALES)))

print(f"{low} to {high}, {asyncio.run(asyncio.gather(sold('west')))!r:>5}")
print("all:", *asyncio.run(asyncio.gather(*map(sold, sorted(SALES)))), "sold", sep=" ")
print([total * 2 for total in asyncio.run(asyncio.gather(sold("north"), sold("south")))])

if (found := asyncio.run(asyncio.gather(sold("west")))) == [0]:
    print("nothing in the west:", found)
elif asyncio.run(asyncio.gather(sold("south"))):
    print("something")

best = max(asyncio.run(asyncio.gather(sold("north"))) if totals else [0])
assert totals and asyncio.run(asyncio.gather(sold("south"))), "no sales"
print(ranked, best, totals)
