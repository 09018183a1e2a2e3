import asyncio

from ledger import AuditedLedger


async def main():
    ledger = AuditedLedger()
    await asyncio.gather(*[ledger.add(amount) for amount in (5, 10, -3)])
    print("balance", await ledger.balance())
    while ledger.audit:
        print(ledger.audit.pop(0))


asyncio.run(main())
