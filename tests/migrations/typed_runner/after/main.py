from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


def synchronous(function: Callable[..., Awaitable[T]]) -> Callable[..., T]:
    """Make a plain function of one that returns something to await."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> T:
        async def main():
            return await asyncio.gather(function(*args, **kwargs))

        results: list[T] = asyncio.run(main())
        return results[0]

    return wrapper


@synchronous
async def greet(name: str, *, greeting: str = "Hello") -> str:
    await asyncio.sleep(0)
    return f"{greeting}, {name}!"


print(greet("Ann"))
print(greet("Bob", greeting="Bye"), greet.__name__)
