import asyncio as aio
import contextvars

request_id = contextvars.ContextVar("request_id", default="-")


def log(text):
    print(f"[{request_id.get()}] {text}")


async def handle(number):
    request_id.set(str(number))
    log("begin")
    await aio.sleep(0.001 * number)
    log("end")


if __name__ == "__main__":

    async def main():
        await aio.gather(handle(1), handle(2))

    aio.run(main())
    log("all done")
