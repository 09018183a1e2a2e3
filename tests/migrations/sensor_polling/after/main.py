import asyncio
import statistics

READINGS = iter([20.5, 21.0, 22.5, 23.0])


class Sensor:
    async def read(self):
        await asyncio.sleep(0)
        value = next(READINGS)
        if value > 22.9:
            raise ValueError("too hot")
        return value


sensor = Sensor()
values = []


async def main():
    for attempt in range(4):
        try:
            value = await sensor.read()
        except ValueError as error:
            print("attempt", attempt, error)
        else:
            values.append(value)
            print("attempt", attempt, value)
    mean = statistics.mean(values)
    low, high = await asyncio.gather(asyncio.sleep(0, min(values)), asyncio.sleep(0, max(values)))
    return mean, low, high


mean, low, high = asyncio.run(main())

print("mean %.2f" % mean)
print("between", low, "and", high)
