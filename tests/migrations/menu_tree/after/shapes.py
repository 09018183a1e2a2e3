import asyncio


class Item:
    entries = ()

    def __init__(self, title):
        self.title = title

    async def render(self, indent):
        await asyncio.sleep(0)
        return ["  " * indent + self.title]


class Menu(Item):
    def __init__(self, title, entries):
        super().__init__(title)
        self.entries = entries

    async def render(self, indent):
        lines = await super().render(indent)
        for entry in self.entries:
            lines += await render(entry, indent + 1)
        return lines


async def render(entry, indent):
    return await entry.render(indent)


async def depth(entry):
    return 1 + (await deepest(entry.entries))


async def deepest(entries):
    depths = [0]
    for entry in entries:
        depths.append(await depth(entry))
    return max(depths)
