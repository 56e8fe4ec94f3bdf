import { once } from 'node:events';
import { expect, it } from 'vitest';
import WebSocket from 'ws';
import { openSystemClock } from '../../lake/clock.ts';
import { openDemoFeed } from './feed.ts';

it('knows exactly which trades it has sent, from the subscription to the pause', async () => {
  const feed = await openDemoFeed({
    symbols: ['BTCUSDT', 'ETHUSDT', 'BNBUSDT'],
    clock: openSystemClock(),
  });
  expect(feed.listSent()).toEqual([]);
  const socket = new WebSocket(`${feed.wsUrl}/stream`);
  const received = new Map<string, number[]>();
  let frames = 0;
  socket.on('message', (frame) => {
    const { data } = JSON.parse(String(frame));
    if (data === undefined) return;
    frames++;
    received.set(data.s, [...(received.get(data.s) ?? []), data.t]);
  });
  await once(socket, 'open');
  const untilFrames = async (count: number) => {
    while (frames < count) await once(socket, 'message');
  };
  const subscribe = (...params: string[]) =>
    socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: 1 }));
  subscribe('btcusdt@trade');
  await untilFrames(20);
  subscribe('ethusdt@trade');
  while (received.size < 2) await once(socket, 'message');
  feed.listSent();
  await untilFrames(frames + 50);
  feed.pause();
  // Answered after everything that was sent before it.
  socket.ping();
  await once(socket, 'pong');
  const sent = feed.listSent();
  expect(sent.map(({ symbol }) => symbol).sort()).toEqual(['BTCUSDT', 'ETHUSDT']);
  for (const { symbol, firstId, lastId, trades } of sent) {
    const ids = received.get(symbol)!;
    expect([symbol, ids[0], ids.at(-1), ids.length]).toEqual([symbol, firstId, lastId, trades]);
  }
  expect(feed.countFrames()).toBe(frames);
  socket.terminate();
  await feed.close();
});
