"""Storage for programs that know nothing of asyncio."""

import asyncio

try:
    loop = asyncio.get_event_loop()
except RuntimeError:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
_rows = {}


async def _put(key, value):
    await asyncio.sleep(0)
    _rows[key] = value


async def _get(key):
    await asyncio.sleep(0)
    return _rows.get(key)


def put(key, value):
    loop.run_until_complete(_put(key, value))


def get(key):
    return loop.run_until_complete(_get(key))


def finish():
    loop.close()
    print("closed:", loop.is_closed())
