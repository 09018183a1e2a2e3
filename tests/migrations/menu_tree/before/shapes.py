import asyncio


class Item:
    entries = ()

    def __init__(self, title):
        self.title = title

    @asyncio.coroutine
    def render(self, indent):
        yield from asyncio.sleep(0)
        return ["  " * indent + self.title]


class Menu(Item):
    def __init__(self, title, entries):
        super().__init__(title)
        self.entries = entries

    @asyncio.coroutine
    def render(self, indent):
        lines = yield from super().render(indent)
        for entry in self.entries:
            lines += yield from render(entry, indent + 1)
        return lines


async def render(entry, indent):
    return await entry.render(indent)


@asyncio.coroutine
def depth(entry):
    return 1 + (yield from deepest(entry.entries))


@asyncio.coroutine
def deepest(entries):
    depths = [0]
    for entry in entries:
        depths.append((yield from depth(entry)))
    return max(depths)
