import asyncio
import sys

CHECKS = {"db": 0.001, "cache": 0.002, "mail": 5}


async def check(service):
    try:
        await asyncio.wait_for(asyncio.sleep(CHECKS[service]), 0.05)
    except asyncio.TimeoutError:
        return service, False
    return service, True


def main(services):
    async def _main():
        return await asyncio.wait_for(
            # All at once: a slow service must not hide the others.
            asyncio.gather(*(check(service) for service in services)),
            timeout=2,
        )

    results = asyncio.run(
        _main(),
        debug=False,
    )
    for service, healthy in results:
        print(f"{service:<6}{'ok' if healthy else 'DOWN'}")
    return 0 if all(healthy for _, healthy in results) else 1


if __name__ == "__main__":
    print("exit code", main(sys.argv[1:] or list(CHECKS)))
