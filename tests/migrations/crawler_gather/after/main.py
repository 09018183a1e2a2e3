"""Follows links, as many pages at a time as there are slots."""
import asyncio

SITE = {
    "/": ["/about", "/blog"],
    "/about": [],
    "/blog": ["/blog/1", "/blog/2"],
    "/blog/1": ["/"],
    "/blog/2": ["/about"],
}


async def fetch(path):
    await asyncio.sleep(0)
    return SITE[path]


async def crawl(start, slots):
    seen, waiting = {start}, [start]
    while waiting:
        batch, waiting = waiting[:slots], waiting[slots:]
        for links in await asyncio.gather(*[fetch(path) for path in batch]):
            waiting += [link for link in links if link not in seen]
            seen.update(links)
    return sorted(seen)


async def main():
    return await asyncio.gather(crawl("/", 2), crawl("/blog", 1))


pages, blog = asyncio.run(main())

print("all:", *pages)
print("blog:", *blog)
