import asyncio
from typing import Dict, Tuple


class InsufficientFunds(Exception):
    pass


class Bank:
    """Accounts whose balances nobody sees half changed."""

    def __init__(self, **balances: int) -> None:
        self.balances: Dict[str, int] = dict(balances)
        self._lock = asyncio.Lock()

    async def transfer(self, payer: str, payee: str, amount: int) -> Tuple[int, int]:
        async with self._lock:
            if self.balances[payer] < amount:
                raise InsufficientFunds(payer)
            self.balances[payer] -= amount
            await asyncio.sleep(0.001)
            self.balances[payee] += amount
            return self.balances[payer], self.balances[payee]

    async def settle(self) -> Dict[str, int]:
        await asyncio.gather(
            self.transfer('ann', 'bob', 30),
            self.transfer('bob', 'cid', 20),
            self.transfer('cid', 'ann', 5),
        )
        return self.balances


if __name__ == '__main__':
    bank = Bank(ann=100, bob=0, cid=10)
    balances = asyncio.run(bank.settle(), debug=False)
    for name, balance in sorted(balances.items()):
        print(f'{name:>5} {balance:4}')
