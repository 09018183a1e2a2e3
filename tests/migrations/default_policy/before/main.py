import asyncio
from asyncio import Event, get_running_loop

asyncio.set_event_loop_policy(None)


async def ring(event):
    get_running_loop().call_later(0.001, event.set)
    await event.wait()
    return "ring"


async def main():
    print(await ring(Event()))


asyncio.run(main())
