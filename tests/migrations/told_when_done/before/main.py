import asyncio


async def measure(values):
    """Return the mean of values."""
    await asyncio.sleep(0)
    return sum(values) / len(values)


def tell(future):
    print("done:", future.result())


def start(values):
  loop = asyncio.get_event_loop()
  # Told first of all.
  mean: "asyncio.Future[float]" = asyncio.ensure_future(measure(values))
  mean.add_done_callback(tell)
  limit = 5  # seconds
  try:
    # Now it runs.
    return loop.run_until_complete(asyncio.wait_for(mean, limit))
  finally:
    loop.close()


print(start([1, 2, 6]))
