import asyncio

from jobs.start import start_all

if __name__ == "__main__":
    names = ["resize", "crop"]

    async def main():
        return await start_all(names)

    print(asyncio.run(main()))
