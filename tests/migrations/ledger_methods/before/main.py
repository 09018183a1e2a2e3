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
        return asyncio.run(
            asyncio.gather(*(self._balance(name, self.__fee) for name in names)),
        )

    @property
    def total(self):
        """Without fees."""
        return sum(asyncio.run(asyncio.gather(*map(self._balance, self._balances))))

    @classmethod
    def label(cls, *, upper=False):
        async def spelled(text):
            return text if upper else text.lower()

        label, = asyncio.run(asyncio.gather(spelled(cls.currency)))
        return label

    @staticmethod
    def rounded(amounts):
        async def one(amount):
            return round(amount, -1)

        rounded: list = asyncio.run(asyncio.gather(*[one(amount) for amount in amounts]))
        return rounded


def main():
    ledger = Ledger({"ann": 12, "bob": 48})

    async def later(names):
        return ", ".join(sorted(names))

    print(*asyncio.run(asyncio.gather(later({"bob", "ann"}), later({"eve"}))), sep="; ")
    print(ledger.balances("ann", "bob"), ledger.total)
    print(Ledger.label(), Ledger.label(upper=True), Ledger.rounded([12, 48]))


main()
