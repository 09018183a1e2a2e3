import asyncio
import functools


def logged(function):
    @functools.wraps(function)
    async def wrapper(*args):
        result = await function(*args)
        print(function.__name__, *args, '->', result)
        return result

    return wrapper


@logged
async def square(number):
    await asyncio.sleep(number / 1000)
    return number ** 2


numbers = range(3)
asyncio.run([square(number) for number in numbers])
