import asyncio
import argparse


async def resize(loop, name, size):
	await asyncio.sleep(0.01)
	return await loop.run_in_executor(None, "{}-{}".format, name, size)


async def work(loop, options):
	tasks = [loop.create_task(resize(loop, name, options.size)) for name in options.names]
	for task in tasks:
		print(await task)


def main(arguments):
	parser = argparse.ArgumentParser()
	parser.add_argument("--size", type=int, default=64)
	parser.add_argument("names", nargs="+")
	options = parser.parse_args(arguments)

	async def _main():
		loop = asyncio.get_running_loop()
		await work(loop, options)

	asyncio.run(_main())


if __name__ == "__main__":
	main(["--size", "32", "cat", "dog"])
