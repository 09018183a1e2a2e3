import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

ADD = "import sys; print(sum(int(line) for line in sys.stdin))"


class Calculator:
    def __init__(self, loop):
        self.loop = loop

    async def add(self, *numbers):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ADD,
            stdin=PIPE, stdout=PIPE,
            stderr=DEVNULL,
        )
        lines = "".join(f"{number}\n" for number in numbers)
        output, _ = await process.communicate(lines.encode())
        return int(output)


async def main():
    calculator = Calculator(loop=asyncio.get_running_loop())
    print("3 + 4 =", await calculator.add(3, 4))
    print("nothing =", await calculator.add())


asyncio.run(main())
