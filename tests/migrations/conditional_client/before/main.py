import argparse
import asyncio


class Meter:
    def __init__(self, unit, loop=None):
        if loop is None:
            loop = asyncio.get_event_loop()
        self.unit = unit
        self._loop = loop

    async def read(self, times):
        values = []
        for number in range(times):
            value = await self._loop.run_in_executor(None, lambda: number * 1.5)
            values.append(f"{value:.1f} {self.unit}")
        return values


def main(argv=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("times", type=int)
    parser.add_argument("--unit", default="kWh")
    parser.add_argument("--debug", action="store_true")
    options = parser.parse_args(argv)
    if options.times > 0:
        meter = Meter(options.unit)
        print(*asyncio.run(meter.read(options.times), debug=options.debug), sep=", ")
    else:
        print("nothing to read")


if __name__ == "__main__":
    main(["3"])
    main(["1", "--unit", "m3", "--debug"])
    main(["0"])
