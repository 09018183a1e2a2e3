import asyncio
import logging

logging.basicConfig(level=logging.ERROR)

PRICES = {"apple": 3, "pear": 4, "plum": 9}


class Store:
    def __init__(self):
        self.rows = {}
        self.lock = None

    async def open(self):
        self.lock = asyncio.Lock()
        print("store open")

    async def save(self, name, price):
        async with self.lock:
            await asyncio.sleep(0)
            self.rows[name] = price

    async def close(self):
        print("store closed with", len(self.rows), "rows")


async def fetch(name):
    await asyncio.sleep(0.001)
    return PRICES[name]


store = Store()
# One loop for the whole import.
with asyncio.Runner(debug=False) as runner:
    runner.run(store.open())

    failed = []
    for name in ("apple", "nut", "plum"):
        try:
            price = runner.run(fetch(name))
        except KeyError:
            failed.append(name)
            continue
        # Both at once must not hurt.
        runner.run(asyncio.wait_for(store.save(name, price), 1))
    if failed:
        print("no price for", ", ".join(failed))

    runner.run(store.close())
print(sorted(store.rows.items()))
