from asyncio import BoundedSemaphore, Lock


class Limits:
    def __init__(self, limit, loop=None):
        self.readers = BoundedSemaphore(limit, loop=loop)
        self.writer = Lock(loop=loop)
