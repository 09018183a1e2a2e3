# -*- coding: utf-8 -*-
import asyncio, sys

LINES = ['start', 'wörk', 'stop']

async def ship(line, sink):
  await asyncio.sleep(0)
  sink.append(line.upper()); return len(line)

async def ship_all(sink):
  lock = asyncio.Lock(loop=asyncio.get_event_loop())
  total = 0
  for line in LINES:
    async with lock: total += await asyncio.wait_for(ship(line, sink), loop=None, timeout=1)
  return total

def main():
  sink = []; name = 'shipped'
  loop = asyncio.get_event_loop()
  try:
    total = loop.run_until_complete(ship_all(sink))
  finally:
    loop.close()
  print(name, total); print(*sink)

if __name__ == '__main__': sys.exit(main())
