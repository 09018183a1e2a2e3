import asyncio
from asyncio import get_event_loop
from asyncio import shield, sleep


async def first_word(text):
    loop = get_event_loop()
    await shield(sleep(0), loop=loop)
    return text.split()[0]
