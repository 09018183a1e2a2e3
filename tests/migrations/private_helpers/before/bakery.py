"""Bakes bread, a few loaves at a time."""

import asyncio


class _Oven:
    def __init__(self, number):
        self.number = number

    async def _heat(self, degrees, loop):
        await asyncio.shield(asyncio.sleep(0), loop=loop)
        return degrees

    async def bake(self, flour, loop=None):
        degrees = await self._heat(220, loop)
        return await _turn(
            "{} from oven {} at {}".format(flour, self.number, degrees),
            loop=loop,
        )


async def _turn(loaf, *, turns=1, loop=None):
    loop = loop or asyncio.get_event_loop()
    for _ in range(turns):
        await asyncio.wait_for(asyncio.sleep(0), 1, loop=loop)
    return loaf


async def _all(flours, ovens, loop):
    made = [_Oven(number) for number in range(ovens)]
    jobs = [made[place % ovens].bake(flour, loop=loop) for place, flour in enumerate(flours)]
    return await asyncio.gather(*jobs, loop=loop)


async def bake(flours, ovens=1, loop=None):
    """Return loaves of bread."""
    loop = loop or asyncio.get_event_loop()
    return await _all(flours, ovens, loop)
