import asyncio
import logging

logging.basicConfig(level=logging.WARNING)
EVENTS = [("hello", {}), ("message", {"text": "hi bot"}), ("message", {"text": "bye"})]


class Client:
    def __init__(self, token, loop=None):
        self.token = token
        self._event_loop = loop or asyncio.get_event_loop()
        self._callbacks = {}

    def on(self, event):
        def decorator(callback):
            self._callbacks.setdefault(event, []).append(callback)
            return callback

        return decorator

    def start(self):
        return asyncio.ensure_future(self._listen(), loop=self._event_loop)

    async def _listen(self):
        for event, payload in EVENTS:
            await asyncio.sleep(0)
            for callback in self._callbacks.get(event, []):
                await callback(self, **payload)


async def reply(client, text):
    answer = await client._event_loop.run_in_executor(None, text.upper)
    print("{}: {}".format(client.token[:4], answer))


if __name__ == "__main__":
    client = Client("xoxb-123")
    client.on("message")(reply)
    asyncio.run(client.start())
