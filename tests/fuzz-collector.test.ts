import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openCollector } from '../collector/collector.ts';
import { formatFrame, openScriptedExchange, readParts } from '../collector/scripted-exchange.ts';
import { binance } from '../exchanges/binance/binance.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { createRandom, findFuzzCount, mutate } from './mutations.ts';

const count = findFuzzCount(3000);

/** Frames as they were sent, one latin1 text each, ascending. */
const sorted = (frames: readonly Buffer[]) =>
  frames.map((bytes) => bytes.toString('latin1')).sort();

/** What the raw data holds of frames, in the order received: as they stand, or as base64. */
async function readFrames(root: string): Promise<Buffer[]> {
  const frames: Buffer[] = [];
  for (const part of await readParts(root)) {
    for (const line of part.bytes.toString('latin1').split('\n')) {
      const msg = /^\{"recv":\d+,"conn":"[^"]*","msg":(.*)\}$/s.exec(line)?.[1];
      if (msg !== undefined) frames.push(Buffer.from(msg, 'latin1'));
      const base64 = /"event":"(?:unreadable|foreign)",.*"base64":"(.*)"\}$/.exec(line);
      if (base64 !== null) frames.push(Buffer.from(base64[1]!, 'base64'));
    }
  }
  return frames;
}

/** What the exchange says of the connection is acted on, not recorded. */
function isRecorded(frame: Buffer): boolean {
  return !['ack', 'error', 'shutdown'].includes(binance.parseControlFrame(frame).kind);
}

it(`records ${count} damaged frames byte for byte, and every good one between them in order`, async () => {
  const root = await mkdtemp(join(tmpdir(), 'fuzz-'));
  const exchange = await openScriptedExchange();
  const yaml = [
    `root: ${root}`,
    `exchanges: { binance: { ws_url: "${exchange.url}", rest_url: "http://127.0.0.1:1", symbols: [BTCUSDT] } }`,
  ];
  const collector = await openCollector({
    config: parseConfig(yaml.join('\n'), {}),
    log: silentLog,
    clock: openSystemClock(),
    random: () => 0.5,
  });
  await collector.ready;
  const random = createRandom(7);
  const bases = [formatFrame('BTCUSDT', 77_000_001), formatFrame('BTCUSDT', -5)].map((frame) =>
    Buffer.from(frame),
  );
  const sent: Buffer[] = [];
  const good: string[] = [];
  const send = async (frame: Buffer, binary: boolean) => {
    const socket = exchange.sockets.at(-1)!;
    await new Promise<void>((done, fail) =>
      socket.send(frame, { binary }, (error) => (error ? fail(error) : done())),
    );
    if (isRecorded(frame)) sent.push(frame);
  };
  for (let number = 1; number <= count; number++) {
    const mutated = mutate(bases, random);
    if (binance.parseControlFrame(mutated).kind !== 'shutdown') await send(mutated, random() < 0.2);
    if (number % 5 !== 0) continue;
    const frame = formatFrame('BTCUSDT', number / 5);
    good.push(frame);
    await send(Buffer.from(frame), false);
  }
  // Answered when everything before it has been received.
  const socket = exchange.sockets.at(-1)!;
  socket.ping();
  await once(socket, 'pong');
  await collector.stop();
  await exchange.close();
  const recorded = await readFrames(root);
  const isGood = new Set(good);
  expect(recorded.map((frame) => frame.toString()).filter((text) => isGood.has(text))).toEqual(
    good,
  );
  expect(sorted(recorded)).toEqual(sorted(sent));
  expect(exchange.sockets).toHaveLength(1);
  await rm(root, { recursive: true });
}, 1_800_000);
