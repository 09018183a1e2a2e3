import asyncio
import os
import signal

SYMBOLS = ("AAA", "BBB")


async def tick(symbol, times):
    for price in range(times):
        print(symbol, price)
        await asyncio.sleep(0.02)


async def leave():
    await asyncio.sleep(0.1)
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    async def _main():
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in ("SIGINT", "SIGTERM"):
            loop.add_signal_handler(getattr(signal, name), stop.set)
        for symbol in SYMBOLS:
            loop.create_task(tick(symbol, 2))
        asyncio.ensure_future(leave(), loop=loop)
        await stop.wait()

    try:
        asyncio.run(_main())
    finally:
        print("closed")


if __name__ == "__main__":
    main()
