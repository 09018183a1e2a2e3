import asyncio

async def tick(name):
    for number in range(2):
        print(name, number)
        await asyncio.sleep(0)

def main():
    ticks = [tick('a'), tick('b')]
    return asyncio.wait_for(asyncio.gather(*ticks), 1)

asyncio.run(main())