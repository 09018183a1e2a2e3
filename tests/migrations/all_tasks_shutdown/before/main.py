import asyncio


async def heartbeat(name):
    try:
        while True:
            await asyncio.sleep(10)
    except asyncio.CancelledError:
        print(name, 'stopped')
        raise


async def shutdown():
    current = asyncio.Task.current_task()
    tasks = [task for task in asyncio.Task.all_tasks() if task is not current]
    print('stopping', len(tasks))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def main():
    beats = [asyncio.create_task(heartbeat('cache'))]
    await asyncio.sleep(0)
    await shutdown()
    print(beats[0].cancelled())


asyncio.run(main())
