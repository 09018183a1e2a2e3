import asyncio


class Refused(Exception):
    def __init__(self, code):
        super().__init__("refused with code {}".format(code))
        self.code = code


async def login(user):
    await asyncio.sleep(0)
    if user != "admin":
        raise Refused(403)
    return user


def try_login(user):
    loop = asyncio.get_event_loop()
    loop.set_debug(True)
    return loop.run_until_complete(login(user))


def main():
    try:
        print("hello", try_login("guest"))
    except Refused as refused:
        print(refused, refused.code)


main()
