import asyncio
import sys


def report(loop, context):
    print("background:", context["exception"])


async def refresh(seconds):
    await asyncio.sleep(seconds)
    raise OSError("cache is gone")


async def users():
    await asyncio.sleep(0.01)
    return ["ada", "bob"]


async def rename(old, new):
    await asyncio.sleep(0)
    return f"{old} is {new}"


def run(commands):
    print("admin")
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(report)
        refreshing = loop.create_task(refresh(0.001))
        refreshing.add_done_callback(lambda task: None)
        for command, *arguments in commands:
            if command == "users":
                for name in runner.run(users()):
                    print("-", name)
            elif command == "rename":
                print(runner.run(rename(*arguments)))
            else:
                size = loop.run_until_complete(loop.run_in_executor(None, len, command))
                print(f"unknown: {command} ({size})", file=sys.stdout)
        error = refreshing.exception()
        loop.call_exception_handler({"message": "refresh failed", "exception": error})


if __name__ == "__main__":
    run([("users",), ("rename", "ada", "eve"), ("shout",)])
