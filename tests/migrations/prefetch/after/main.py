import asyncio
import time

started = time.perf_counter()


async def load(name, seconds):
    await asyncio.sleep(seconds)
    return {"EUR": 1, "USD": 1.1, "table": name}


def convert(amount, rate):
    return round(amount * rate, 2)


async def report():
    # Loads while the rest is being set up.
    rates = asyncio.ensure_future(load("today", 0.001))
    print("loading")
    table = await rates
    for currency in ("EUR", "USD"):
        print(currency, convert(30, table[currency]))
    print((await rates)["table"])


asyncio.run(report())
print("in time" if time.perf_counter() - started < 9 else "late")
