import asyncio


async def measure(values):
    """Return the mean of values."""
    await asyncio.sleep(0)
    return sum(values) / len(values)


def tell(future):
    print("done:", future.result())


def start(values):
  limit = 5  # seconds

  async def main():
    # Told first of all.
    mean: "asyncio.Future[float]" = asyncio.ensure_future(measure(values))
    mean.add_done_callback(tell)
    return await asyncio.wait_for(mean, limit)

  # Now it runs.
  return asyncio.run(main())


print(start([1, 2, 6]))
