import asyncio

PEOPLE = {"ann": 0.001, "bob": 0.002, "cid": 7}


async def send(person):
    await asyncio.sleep(PEOPLE[person])
    return f"sent to {person}"


async def send_all(people):
    mails = []
    for person in people:
        mails.append(send(person))
    done, pending = await asyncio.wait(mails, timeout=0.1)
    for task in sorted(done, key=lambda task: task.result()):
        print(task.result())
    for task in pending:
        task.cancel()
    print(len(pending), "left")


async def main():
    await send_all(PEOPLE)
    for finished in asyncio.as_completed([send("ann"), send("bob")], loop=None):
        print(await finished)


asyncio.run(main())
