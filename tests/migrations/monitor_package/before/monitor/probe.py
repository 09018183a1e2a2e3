import asyncio


class Probe:
    """Measures something that blocks, in a thread."""

    def __init__(self, name, timeout, loop=None):
        self.name = name
        self.timeout = timeout
        self.loop = loop or asyncio.get_event_loop()

    async def measure(self, function):
        job = self.loop.run_in_executor(None, function)
        value = await asyncio.wait_for(job, self.timeout, loop=self.loop)
        return f"{self.name}: {value}"
