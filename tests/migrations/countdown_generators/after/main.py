import asyncio


async def countdown(number):
    try:
        while number:
            yield number
            number -= 1
            await asyncio.sleep(0)
    finally:
        print("lift off" if not number else f"stopped at {number}")


async def main():
    async for number in countdown(2):
        print(number)
    rest = countdown(9)
    print(await rest.__anext__())
    return rest


rest = asyncio.run(main())
del rest
