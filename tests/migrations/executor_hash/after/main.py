import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import partial


def digest(data, *, name="sha256"):
    return hashlib.new(name, data).hexdigest()


async def digests(texts, pool):
    jobs = []
    for text in texts:
        job = partial(digest, text.encode(), name="md5" if len(text) < 3 else "sha256")
        jobs.append(asyncio.get_running_loop().run_in_executor(pool, job))
    return [result[:8] for result in await asyncio.gather(*jobs)]


async def main():
    loop = asyncio.get_running_loop()
    begin = loop.time()
    with ThreadPoolExecutor(2) as pool:
        for found in await digests(["a", "asyncio", "io"], pool):
            print(found)
    print("in time" if loop.time() - begin < 5 else "late")


asyncio.run(main())
