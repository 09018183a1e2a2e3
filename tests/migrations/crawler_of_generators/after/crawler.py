"""Follows links as far as they lead."""

from asyncio import Semaphore, gather

import site_map


class Crawler:
    def __init__(self, root, limit):
        self.root = root
        self.slots = Semaphore(limit)
        self.pages = {}

    async def crawl(self):
        await self.visit(self.root)
        return self.pages

    async def visit(self, page):
        if page in self.pages:
            return
        self.pages[page] = 0
        await self.slots.acquire()
        try:
            links = await site_map.fetch(page)
        finally:
            self.slots.release()
        self.pages[page] = len(links)
        await gather(*[self.visit(link) for link in links])
