import asyncio
import warnings

from chat import Connection, History

warnings.filterwarnings("ignore", category=DeprecationWarning)


def say(loop, connection, text):
    return loop.run_until_complete(connection.send(text))


class Shell:
    def start(self):
        try:
            self.loop = asyncio.get_event_loop()
        except RuntimeError:
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
        self.history = History()
        self.connection = Connection(self.loop, self.history)

    def talk(self, *texts):
        for text in texts:
            print(say(self.loop, self.connection, text))

    def stop(self):
        self.loop.run_until_complete(self.connection.close())
        self.loop.close()
        print(self.history.lines)


shell = Shell()
shell.start()
shell.talk("hello", "is anybody there?")
shell.stop()
