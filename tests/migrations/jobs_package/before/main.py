import asyncio

from jobs.start import start_all

if __name__ == "__main__":
    names = ["resize", "crop"]
    print(asyncio.run(start_all(names)))
