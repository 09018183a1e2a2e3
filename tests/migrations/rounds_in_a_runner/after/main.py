import asyncio


async def throw(player, number):
    await asyncio.sleep(0)
    return len(player) * number % 6 + 1


def play(players, rounds):
    points = dict.fromkeys(players, 0)
    with asyncio.Runner() as runner:
        for number in range(1, rounds + 1):

            async def main():
                return await asyncio.gather(*(throw(one, number) for one in players))

            thrown = runner.run(main())
            for player, eyes in zip(players, thrown):
                points[player] += eyes

        async def _main():
            extra = []
            for player in sorted(points):
                extra.append(asyncio.ensure_future(throw(player, rounds)))
            return await asyncio.gather(*extra)

        print("extra:", runner.run(_main()))
    return points


print(play(["ann", "robert"], 3))
