import asyncio

loop = asyncio.get_event_loop()


def parse(mail):
    return mail.partition(":")[2].strip()


async def read(mail):
    subject = await loop.run_in_executor(None, parse, mail)
    print(subject)
    return subject


async def watch(mails):
    tasks = [asyncio.ensure_future(read(mail), loop=loop) for mail in mails]
    return await asyncio.gather(*tasks)


async def archive(subjects):
    done = loop.create_future()
    loop.call_later(0.01, done.set_result, len(subjects))
    return await done


if __name__ == "__main__":
    subjects = loop.run_until_complete(watch(["Subject: one", "Subject: two"]))
    print("archived", loop.run_until_complete(archive(subjects)))
    loop.close()
