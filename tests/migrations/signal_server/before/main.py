import asyncio
import os
import signal


async def serve():
    print("serving")
    await asyncio.sleep(0.01)
    print("enough")
    os.kill(os.getpid(), signal.SIGTERM)


def main():
    loop = asyncio.get_event_loop()
    loop.add_signal_handler(signal.SIGINT, loop.stop)
    loop.add_signal_handler(signal.SIGTERM, loop.stop)
    loop.create_task(serve())
    try:
        loop.run_forever()
    finally:
        loop.close()
    print("stopped")


if __name__ == "__main__":
    main()
