import asyncio

from pool import Pool


async def square(number):
    await asyncio.sleep(0)
    return number * number


async def main():
    loop = asyncio.get_event_loop()
    pool = Pool(size=2)
    results = await pool.map(square, range(5))
    print(results)
    print(await asyncio.wait_for(square(9), 1, loop=loop))


asyncio.run(main())
