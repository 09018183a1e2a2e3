import asyncio


class Ledger:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.total = 0

    @asyncio.coroutine
    def add(self, amount):
        with (yield from self.lock):
            before = self.total
            yield from asyncio.sleep(0)
            self.total = before + amount

    @asyncio.coroutine
    def balance(self):
        yield from asyncio.sleep(0)
        return self.total


class AuditedLedger(Ledger):
    def __init__(self):
        super().__init__()
        self.audit = []

    @asyncio.coroutine
    def add(self, amount):
        yield from super().add(amount)
        self.audit.append("added {}".format(amount))
