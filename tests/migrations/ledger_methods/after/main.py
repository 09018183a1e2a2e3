import asyncio


class Ledger:
    """Balances of accounts, which take a moment to look up."""

    currency = "EUR"
    __fee = 1

    def __init__(self, balances):
        self._balances = balances

    async def _balance(self, name, fee=0):
        await asyncio.sleep(0)
        return self._balances[name] - fee

    def balances(self, *names):
        async def _main():
            return await asyncio.gather(*(self._balance(name, self.__fee) for name in names))

        return asyncio.run(_main())

    @property
    def total(self):
        """Without fees."""

        async def _main():
            return await asyncio.gather(*map(self._balance, self._balances))

        return sum(asyncio.run(_main()))

    @classmethod
    def label(cls, *, upper=False):
        async def spelled(text):
            return text if upper else text.lower()

        async def _main():
            return await asyncio.gather(spelled(cls.currency))

        label, = asyncio.run(_main())
        return label

    @staticmethod
    def rounded(amounts):
        async def one(amount):
            return round(amount, -1)

        async def _main():
            return await asyncio.gather(*[one(amount) for amount in amounts])

        rounded: list = asyncio.run(_main())
        return rounded


def main():
    ledger = Ledger({"ann": 12, "bob": 48})

    async def later(names):
        return ", ".join(sorted(names))

    async def _main():
        return await asyncio.gather(later({"bob", "ann"}), later({"eve"}))

    print(*asyncio.run(_main()), sep="; ")
    print(ledger.balances("ann", "bob"), ledger.total)
    print(Ledger.label(), Ledger.label(upper=True), Ledger.rounded([12, 48]))


main()
