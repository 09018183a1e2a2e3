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
    egg = Timer("egg", seconds=0.002)
    print(egg)
    print(asyncio.run(egg.run()))


if __name__ == "__main__":
    main()
