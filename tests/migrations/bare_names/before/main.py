from asyncio import TimeoutError as TooSlow
from asyncio import gather, get_event_loop, run, sleep as pause, wait_for


async def answer(question, seconds):
    await pause(seconds)
    return question + "!"


async def patient(question, seconds):
    try:
        return await wait_for(answer(question, seconds), 0.05, loop=get_event_loop())
    except TooSlow:
        return question + "?"


def ask(*questions):
    return run(gather(*[patient(*question) for question in questions]))


first, second = ask(("tea", 0), ("coffee", 5))
print(first)
print(second)
