import asyncio

import shapes


async def main():
    menu = shapes.Menu("file", [shapes.Item("open"), shapes.Menu("recent", [shapes.Item("a.txt")])])
    for line in (await menu.render(0)):
        print(line)
    print((await shapes.depth(menu)) if menu.entries else 0)


asyncio.run(main())
