import asyncio
from asyncio import Event, get_running_loop


async def ring(event):
    get_running_loop().call_later(0.001, event.set)
    await event.wait()
    return "ring"


async def main():
    print(await ring(Event()))


asyncio.run(main())
