import asyncio
import warnings

warnings.simplefilter("ignore", DeprecationWarning)


class Bot:
    def __init__(self, name, loop=None):
        self.name = name
        self.loop = loop or asyncio.get_event_loop()
        self.commands = {}

    def command(self, function):
        self.commands[function.__name__] = function
        return function

    async def dispatch(self, text):
        name, *arguments = text.split()
        if name not in self.commands:
            return f"{self.name}: no {name}"
        return await self.commands[name](*arguments)

    def run(self, *texts):
        try:
            for text in texts:
                print(self.loop.run_until_complete(self.dispatch(text)))
        finally:
            self.loop.close()


bot = Bot("marvin")


@bot.command
async def add(*numbers):
    await asyncio.sleep(0)
    return str(sum(map(int, numbers)))


@bot.command
async def echo(*words):
    return " ".join(words)


if __name__ == "__main__":
    bot.run("add 1 2", "echo hello there", "sing")
