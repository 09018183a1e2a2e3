import asyncio


class Pool:
    def __init__(self, size):
        self.loop = asyncio.get_event_loop()
        self.queue = asyncio.Queue()
        self.results = []
        self.workers = [self.loop.create_task(self.work(n)) for n in range(size)]

    async def work(self, number):
        while True:
            job = await self.queue.get()
            self.results.append(await self.loop.run_in_executor(None, pow, job, 2))
            self.queue.task_done()

    async def submit(self, *jobs):
        for job in jobs:
            self.queue.put_nowait(job)
        await self.queue.join()

    async def stop(self):
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)


def main():
    with asyncio.Runner() as runner:
        pool = Pool(3)
        try:
            for jobs in ((1, 2, 3), (4, 5)):
                runner.run(pool.submit(*jobs))
                print(len(jobs), "jobs done:", sorted(pool.results))
        finally:
            runner.run(pool.stop())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
