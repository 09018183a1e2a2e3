import asyncio
import os
import tempfile


class Unreachable(Exception):
    pass


async def fetch(name, folder):
    await asyncio.sleep(0)
    if name.startswith("."):
        raise Unreachable(name)
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(name * 2)
    return os.path.getsize(path)


def sync(names):
    with tempfile.TemporaryDirectory() as folder:
        try:

            async def main():
                return await asyncio.gather(*(fetch(name, folder) for name in names))

            sizes = asyncio.run(main())
        except Unreachable as error:
            return "not reachable: %s" % error
        else:
            return "%d files, %d bytes" % (len(os.listdir(folder)), sum(sizes))


print(sync(["one", "three"]))
print(sync(["one", ".hidden"]))
