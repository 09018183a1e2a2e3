import asyncio
import functools


async def beep(times=1, *, sound="beep"):
    for _ in range(times):
        await asyncio.sleep(0)
        print(sound)


class Alarm:
    sound = "ring"

    async def __call__(self):
        await beep(sound=self.sound)


def main(quiet):
    if quiet:
        asyncio.run(beep())
    else:
        asyncio.run(functools.partial(beep, 2, sound="BEEP")())


main(quiet=True)
main(quiet=False)
asyncio.run(beep(sound="boop"))
asyncio.run(Alarm()())
