from asyncio import *
from statistics import mean

STATIONS = {"north": [3, 5], "south": [12, 14, 16]}


async def measure(station):
    values = []
    for value in STATIONS[station]:
        await sleep(0)
        values.append(value)
    return station, mean(values)


async def report(measured):
    for station, value in await measured:
        print(f"{station:<6}{value:5.1f}")


async def main():
    await report(gather(*map(measure, STATIONS)))


run(main())
