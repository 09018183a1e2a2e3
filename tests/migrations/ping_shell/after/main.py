import asyncio
import shlex
import sys

PYTHON = shlex.quote(sys.executable)


async def shell(command, loop):
    process = await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), timeout=8)
    return process.returncode, output.decode().strip()


async def main():
    loop = asyncio.get_running_loop()
    for command in ("print(6 * 7)", "raise SystemExit(3)"):
        print(*await shell(f'{PYTHON} -c "{command}"', loop))


asyncio.run(main())
