import asyncio


def parse(mail):
    return mail.partition(":")[2].strip()


async def read(mail):
    subject = await asyncio.get_running_loop().run_in_executor(None, parse, mail)
    print(subject)
    return subject


async def watch(mails):
    tasks = [asyncio.ensure_future(read(mail)) for mail in mails]
    return await asyncio.gather(*tasks)


async def archive(subjects):
    done = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_later(0.01, done.set_result, len(subjects))
    return await done


if __name__ == "__main__":

    async def main():
        subjects = await watch(["Subject: one", "Subject: two"])
        print("archived", await archive(subjects))

    asyncio.run(main())
