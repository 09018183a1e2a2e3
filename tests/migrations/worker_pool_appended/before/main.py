"""Resizes pictures, a few at a time."""

import asyncio

PICTURES = {"cat.png": 640, "dog.png": 1200, "owl.png": 0, "fox.png": 800}


async def resize(name, width, done):
    while width > 320:
        await asyncio.sleep(0)
        width //= 2
    done.append(name)
    return "%s: %d" % (name, width)


if __name__ == "__main__":
    done = []
    loop = asyncio.get_event_loop()
    tasks = []  # one for each picture
    for name, width in sorted(PICTURES.items()):
        # Empty ones are left out.
        if not width:
            print("skipped", name)
            continue
        tasks.append(asyncio.ensure_future(resize(name, width, done)))

    # All of them, in order.
    for line in loop.run_until_complete(asyncio.gather(*tasks)):
        print(line)
    loop.close()
    print(len(done), "done")
