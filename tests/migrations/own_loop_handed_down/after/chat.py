class History:
    def __init__(self):
        self.lines = []


class Connection:
    def __init__(self, loop, history):
        self.loop = loop
        self.history = history
        self.closed = loop.create_future()

    async def send(self, text):
        answer = await self.loop.run_in_executor(None, str.upper, text)
        self.history.lines.append(text)
        return answer

    async def close(self):
        self.closed.set_result(len(self.history.lines))
        print(await self.closed, "lines")
