import asyncio


class Game:
    def __init__(self, *players):
        self.players = list(players)
        self.scores = dict.fromkeys(players, 0)

    async def turn(self, player):
        await asyncio.sleep(0)
        self.scores[player] += len(player)

    async def round(self):
        for player in self.players:
            await self.turn(player)

    def play(self, rounds):
        asyncio.run(self.play_all(rounds), debug=True)

    async def play_all(self, rounds):
        for _ in range(rounds):
            await self.round()

    @property
    def winner(self):
        return max(self.scores, key=self.scores.get)


game = Game("Ann", "Robert", "Cid")
game.play(3)
print(game.winner, game.scores[game.winner])
