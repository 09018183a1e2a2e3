import asyncio

from monitor.probe import Probe


async def main():
    probe = Probe("disk", timeout=1)
    print(await probe.measure(lambda: 42))


if __name__ == "__main__":
    loop = asyncio.get_event_loop()
    loop.run_until_complete(main())
