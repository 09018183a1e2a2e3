import asyncio


class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.total = 0

    async def add(self, amount):
        async with self.lock:
            before = self.total
            await asyncio.sleep(0)
            self.total = before + amount

    async def balance(self):
        await asyncio.sleep(0)
        return self.total


class AuditedLedger(Ledger):
    def __init__(self):
        super().__init__()
        self.audit = []

    async def add(self, amount):
        await super().add(amount)
        self.audit.append("added {}".format(amount))
