import asyncio
import atexit


class Session:
    def __init__(self):
        self.open = True
        atexit.register(self.finish)

    async def get(self, path):
        await asyncio.sleep(0)
        return f"{path}: ok"

    async def close(self):
        await asyncio.sleep(0)
        self.open = False
        print("session closed")

    def finish(self):
        loop = asyncio.get_event_loop()
        loop.run_until_complete(self.close())
        loop.close()


async def crawl(session):
    for path in ("/", "/about"):
        print(await session.get(path))


session = Session()
loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
loop.run_until_complete(crawl(session))
print("done, open:", session.open)
