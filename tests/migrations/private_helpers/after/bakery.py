"""Bakes bread, a few loaves at a time."""

import asyncio


class _Oven:
    def __init__(self, number):
        self.number = number

    async def _heat(self, degrees):
        await asyncio.shield(asyncio.sleep(0))
        return degrees

    async def bake(self, flour, loop=None):
        degrees = await self._heat(220)
        return await _turn(
            "{} from oven {} at {}".format(flour, self.number, degrees),
        )


async def _turn(loaf, *, turns=1):
    for _ in range(turns):
        await asyncio.wait_for(asyncio.sleep(0), 1)
    return loaf


async def _all(flours, ovens, loop):
    made = [_Oven(number) for number in range(ovens)]
    jobs = [made[place % ovens].bake(flour, loop=loop) for place, flour in enumerate(flours)]
    return await asyncio.gather(*jobs)


async def bake(flours, ovens=1, loop=None):
    """Return loaves of bread."""
    loop = loop or asyncio.get_running_loop()
    return await _all(flours, ovens, loop)
