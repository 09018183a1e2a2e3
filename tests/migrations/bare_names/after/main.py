from asyncio import TimeoutError as TooSlow
from asyncio import gather, run, sleep as pause, wait_for


async def answer(question, seconds):
    await pause(seconds)
    return question + "!"


async def patient(question, seconds):
    try:
        return await wait_for(answer(question, seconds), 0.05)
    except TooSlow:
        return question + "?"


def ask(*questions):
    async def main():
        return await gather(*[patient(*question) for question in questions])

    return run(main())


first, second = ask(("tea", 0), ("coffee", 5))
print(first)
print(second)
