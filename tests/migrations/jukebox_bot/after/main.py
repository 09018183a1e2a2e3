import asyncio


class Bot:
    def __init__(self, token, *, loop=None):
        self.token = token
        self.loop = loop
        self.closed = loop.create_future()

    async def start(self):
        print("logged in with", self.token)
        for song in ("first", "second"):
            self.loop.call_soon(print, "playing", song)
            await asyncio.sleep(0.01)

    async def close(self):
        self.closed.set_result("left")
        print(await self.closed)


def run(token):
    async def main():
        loop = asyncio.get_running_loop()
        bot = Bot(token, loop=loop)
        try:
            await bot.start()
        finally:
            # Say goodbye.
            await bot.close()

    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        print("interrupted")


if __name__ == "__main__":
    run("secret")
