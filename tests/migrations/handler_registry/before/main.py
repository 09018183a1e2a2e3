import asyncio
from asyncio import iscoroutinefunction


class Registry(dict):
    def register(self, function):
        self[function.__name__] = function
        return function

    async def call(self, name, *args):
        handler = self[name]
        if iscoroutinefunction(handler):
            return await handler(*args)
        return handler(*args)


registry = Registry()


@registry.register
async def add(a, b):
    await asyncio.sleep(0)
    return a + b


@registry.register
def negate(a):
    return -a


async def main():
    print("add", await registry.call("add", 1, 2))
    print("negate", await registry.call("negate", 3))
    kinds = {name: asyncio.iscoroutinefunction(one) for name, one in registry.items()}
    print(kinds)


asyncio.run(main())
