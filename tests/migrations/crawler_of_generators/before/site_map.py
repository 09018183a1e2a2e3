import asyncio

LINKS = {"/": ["/news", "/about"], "/news": ["/", "/news/1"], "/about": []}


@asyncio.coroutine
def pause(seconds=0):
    yield from asyncio.sleep(seconds)


@asyncio.coroutine
def fetch(page):
    yield from pause()
    return LINKS.get(page, [])
