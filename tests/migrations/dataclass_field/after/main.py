import asyncio
from dataclasses import dataclass, field


@dataclass
class Timer:
    name: str
    seconds: float = 0.001
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_event_loop, repr=False)

    async def run(self) -> str:
        fired = self.loop.create_future()
        self.loop.call_later(self.seconds, fired.set_result, f"{self.name} fired")
        return await fired


def main() -> None:
    async def _main():
        egg = Timer("egg", seconds=0.002)
        print(egg)
        return await egg.run()

    print(asyncio.run(_main()))


if __name__ == "__main__":
    main()
