# -*- coding: utf-8 -*-
import asyncio, sys

LINES = ['start', 'wörk', 'stop']

async def ship(line, sink):
  await asyncio.sleep(0)
  sink.append(line.upper()); return len(line)

async def ship_all(sink):
  lock = asyncio.Lock()
  total = 0
  for line in LINES:
    async with lock: total += await asyncio.wait_for(ship(line, sink), timeout=1)
  return total

def main():
  sink = []; name = 'shipped'
  total = asyncio.run(ship_all(sink))
  print(name, total); print(*sink)

if __name__ == '__main__': sys.exit(main())
