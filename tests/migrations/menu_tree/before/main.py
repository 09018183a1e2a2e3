import asyncio

import shapes


@asyncio.coroutine
def main():
    menu = shapes.Menu("file", [shapes.Item("open"), shapes.Menu("recent", [shapes.Item("a.txt")])])
    for line in (yield from menu.render(0)):
        print(line)
    print((yield from shapes.depth(menu)) if menu.entries else 0)


asyncio.get_event_loop().run_until_complete(main())
