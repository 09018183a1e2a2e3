import asyncio

READINGS	= {'kitchen': [20, 21], 'cellar': [12, 12]}

class Sensor:
	def __init__(self, room):
		self.room = room
		self.loop = asyncio.get_event_loop()
		self.ready = self.loop.create_future()

	def notify(self):
		self.ready.set_result(READINGS[self.room])

	async def read(self):
		self.loop.call_later(0.001, self.notify)
		return await self.ready

async def average(sensor):
	values = await sensor.read()
	return sum(values) / len(values)

def show(room):
	sensor = Sensor(room)
	mean = asyncio.run(average(sensor))
	print('%-8s %.1f' % (room, mean))

if __name__ == '__main__':
	for room in READINGS:
		show(room)
