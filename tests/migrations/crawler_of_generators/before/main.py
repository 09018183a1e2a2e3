import asyncio

from crawler import Crawler


@asyncio.coroutine
def main():
    crawler = Crawler("/", limit=2)
    pages = yield from asyncio.wait_for(crawler.crawl(), 5)
    for page in sorted(pages):
        print(page, pages[page])


if __name__ == "__main__":
    loop = asyncio.get_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
