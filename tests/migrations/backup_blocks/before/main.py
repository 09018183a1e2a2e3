#!/usr/bin/env python3
import asyncio
import contextlib


async def copy(name, attempt=1):
    await asyncio.sleep(0)
    if name == "broken" and attempt < 3:
        raise OSError(f"attempt {attempt} of {name}")
    print("copied", name)


def backup(names):
    attempt = 0
    while attempt < 3:
        attempt += 1
        try:
            # In order.
            asyncio.run(asyncio.gather(*(copy(name, attempt) for name in names)))
        except OSError as error:
            print(error)
        else:
            asyncio.run(asyncio.gather(copy("index")))
            return attempt
        finally:
            asyncio.run(
                asyncio.gather(
                    copy(f"log {attempt}"),  # whatever happened
                ),
            )
    return None


for group in ["letters"], ["photos", "broken"]:
    if len(group) == 1:
        asyncio.run(asyncio.gather(copy(group[0])))
    else:
        with contextlib.nullcontext(backup(group)) as attempts:
            asyncio.run(asyncio.gather(copy("summary"), copy(str(attempts))))
