import argparse
import asyncio


class App:
    def __init__(self):
        self.parser = argparse.ArgumentParser(prog="todo")
        self.parser.add_argument("items", nargs="*")
        self.parser.add_argument("--done", action="append", default=[])
        self.options = self.parser.parse_args([])

    async def run(self):
        for number, item in enumerate(self.options.items, 1):
            await asyncio.sleep(0)
            mark = "x" if item in self.options.done else " "
            print("[{}] {}. {}".format(mark, number, item))


def main(argv=None):
    app = App()
    app.options = app.parser.parse_args(argv)
    asyncio.run(app.run())


if __name__ == "__main__":
    main(["bread", "milk", "tea", "--done", "milk"])
