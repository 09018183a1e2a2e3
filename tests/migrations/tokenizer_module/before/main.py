import asyncio
import re


class Tokenizer:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    async def tokens(self, text):
        return await self.loop.run_in_executor(None, re.findall, r"\w+|\S", text)


async def main():
    for text in ("a = b", "f(x)"):
        print(await tokenizer.tokens(text))


tokenizer = Tokenizer()
asyncio.run(main())
