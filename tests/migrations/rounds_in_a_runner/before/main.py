import asyncio


async def throw(player, number):
    await asyncio.sleep(0)
    return len(player) * number % 6 + 1


def play(players, rounds):
    points = dict.fromkeys(players, 0)
    with asyncio.Runner() as runner:
        for number in range(1, rounds + 1):
            thrown = runner.run(asyncio.gather(*(throw(one, number) for one in players)))
            for player, eyes in zip(players, thrown):
                points[player] += eyes
        extra = []
        for player in sorted(points):
            extra.append(asyncio.ensure_future(throw(player, rounds)))
        print("extra:", runner.run(asyncio.gather(*extra)))
    return points


print(play(["ann", "robert"], 3))
