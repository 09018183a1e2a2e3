import asyncio

from crawler import Crawler


async def main():
    crawler = Crawler("/", limit=2)
    pages = await asyncio.wait_for(crawler.crawl(), 5)
    for page in sorted(pages):
        print(page, pages[page])


if __name__ == "__main__":
    asyncio.run(main())
