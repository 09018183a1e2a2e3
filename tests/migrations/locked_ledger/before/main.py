import asyncio

from ledger import AuditedLedger


@asyncio.coroutine
def main():
    ledger = AuditedLedger()
    yield from asyncio.gather(*[ledger.add(amount) for amount in (5, 10, -3)])
    print("balance", (yield from ledger.balance()))
    while ledger.audit:
        print(ledger.audit.pop(0))


asyncio.run(main())
