import asyncio
from asyncio import shield, sleep


async def first_word(text):
    await shield(sleep(0))
    return text.split()[0]
