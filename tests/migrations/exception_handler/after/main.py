import asyncio


def on_error(loop, context):
    print("unhandled:", repr(context["exception"]))


async def flaky(number):
    await asyncio.sleep(0)
    if number % 2:
        raise ValueError(number)
    print("fine:", number)


async def supervise():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(on_error)
    for number in range(3):
        loop.call_soon(int, "x" * (number - 1)) if number == 2 else await flaky(number * 2)
    await asyncio.sleep(0.001)
    waiter = loop.create_future()
    loop.call_later(0.001, waiter.set_result, "over")
    print(await waiter)


asyncio.run(supervise())
