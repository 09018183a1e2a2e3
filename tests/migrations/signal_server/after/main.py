import asyncio
import os
import signal


async def serve():
    print("serving")
    await asyncio.sleep(0.01)
    print("enough")
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    async def _main():
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, stop.set)
        loop.add_signal_handler(signal.SIGTERM, stop.set)
        loop.create_task(serve())
        await stop.wait()

    asyncio.run(_main())
    print("stopped")


if __name__ == "__main__":
    main()
