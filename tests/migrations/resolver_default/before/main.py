import asyncio
import socket


async def resolve(host, port=80, loop=asyncio.get_event_loop()):
    """Return the first numeric address of a host."""
    found = await loop.getaddrinfo(
        host, port, family=socket.AF_INET, type=socket.SOCK_STREAM
    )
    return found[0][4]


async def main():
    for port in (80, 443):
        address, number = await resolve("127.0.0.1", port)
        print(address, number)


if __name__ == "__main__":
    asyncio.run(main())
