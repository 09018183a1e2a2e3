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

            async def main():
                await asyncio.gather(*(copy(name, attempt) for name in names))

            # In order.
            asyncio.run(main())
        except OSError as error:
            print(error)
        else:

            async def _main():
                await asyncio.gather(copy("index"))

            asyncio.run(_main())
            return attempt
        finally:

            async def main_1():
                await asyncio.gather(
                    copy(f"log {attempt}"),  # whatever happened
                )

            asyncio.run(main_1())
    return None


for group in ["letters"], ["photos", "broken"]:
    if len(group) == 1:

        async def main():
            await asyncio.gather(copy(group[0]))

        asyncio.run(main())
    else:
        with contextlib.nullcontext(backup(group)) as attempts:

            async def _main():
                await asyncio.gather(copy("summary"), copy(str(attempts)))

            asyncio.run(_main())
