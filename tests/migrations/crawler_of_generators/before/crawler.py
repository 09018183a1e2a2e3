"""Follows links as far as they lead."""

from asyncio import Semaphore, coroutine, gather

import site_map


class Crawler:
    def __init__(self, root, limit):
        self.root = root
        self.slots = Semaphore(limit)
        self.pages = {}

    @coroutine
    def crawl(self):
        yield from self.visit(self.root)
        return self.pages

    @coroutine
    def visit(self, page):
        if page in self.pages:
            return
        self.pages[page] = 0
        yield from self.slots.acquire()
        try:
            links = yield from site_map.fetch(page)
        finally:
            self.slots.release()
        self.pages[page] = len(links)
        yield from gather(*[self.visit(link) for link in links])
