import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { rawDayDir, restStatePath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import { collectStatusSchema, readStatus } from '../lake/status.ts';
import { type Collector, openCollector } from './collector.ts';
import { FakeClock } from './fake-clock.ts';
import { type OpenPartFile, openPartFile } from './part-file.ts';
import {
  cutFrames,
  formatFrame,
  makeConfig,
  openScriptedExchange,
  parseLines,
  readParts,
  type ScriptedExchange,
} from './scripted-exchange.ts';

let root: string;
let exchange: ScriptedExchange;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'collector-'));
  exchange = await openScriptedExchange();
});
afterEach(async () => {
  await exchange.close();
  await rm(root, { recursive: true });
});

function start(given: Parameters<typeof makeConfig>[2] = {}): Promise<Collector> {
  return openCollector({
    config: makeConfig(root, exchange.url, given),
    log: silentLog,
    clock: openSystemClock(),
    random: Math.random,
  });
}

test('keeps every frame byte for byte and exactly once', async () => {
  const symbols = ['BTCUSDT', 'ETHUSDT', '币安人生USDT'];
  const collector = await start({ symbols });
  await collector.ready;
  const sent = new Map<string, string[]>(symbols.map((symbol) => [symbol, []]));
  for (let id = 1; id <= 5000; id++) {
    const symbol = symbols[id % symbols.length]!;
    // Every 15th frame is a trade of the same symbol.
    const frame = formatFrame(symbol, id % 5 === 0 ? Math.floor(id / 15) : -id);
    sent.get(symbol)!.push(frame);
    exchange.send(frame);
  }
  await collector.stop();
  for (const symbol of symbols) {
    const parts = await readParts(root, symbol);
    expect(parts.every((part) => !part.isOpen)).toBe(true);
    expect(parts.flatMap((part) => cutFrames(part.bytes))).toEqual(sent.get(symbol));
    const events = parts
      .flatMap((part) => parseLines(part.bytes))
      .flatMap((line) => line.event ?? []);
    expect(events).toEqual(['open', 'subscribed', 'close']);
  }
});

test('tells every process of the lake that the exchange refuses this address', async () => {
  exchange.refuseWith = { status: 418, retryAfterS: 90 };
  const collector = await start();
  const state = await vi.waitFor(() => readFile(restStatePath(root, 'binance'), 'utf8'), 5000);
  expect(JSON.parse(state).reason).toBe('status 418 on a WebSocket upgrade');
  await collector.stop();
});

describe('a disk that is stuck', () => {
  test('stops the reading before memory runs out; nothing is lost when it goes on', async () => {
    const disk = openStuckDisk();
    const clock = openSystemClock();
    const logged: string[] = [];
    const warn = (message: string) => logged.push(message);
    const collector = await openCollector({
      config: makeConfig(root, exchange.url),
      log: { ...silentLog, warn },
      clock,
      random: Math.random,
      openFile: disk.openFile,
    });
    await collector.ready;
    const frame = formatFrame('BTCUSDT', 1);
    const padding = 'x'.repeat(4000 - frame.length);
    const format = (id: number) => formatFrame('BTCUSDT', id).replace('"2"', `"${padding}"`);
    const total = 30_000;
    const socket = exchange.sockets[0]!;
    for (let id = 1; id <= total; id++) {
      exchange.send(format(id));
      if (id % 500 === 0) await new Promise(setImmediate);
    }
    await vi.waitUntil(() => collector.status().problems.length > 0, { timeout: 20_000 });
    expect(collector.status().problems).toMatchObject([{ what: 'reading is paused' }]);
    // 120 MB were sent: what does not fit waits in the sockets and with the exchange.
    expect(socket.bufferedAmount).toBeGreaterThan(30_000_000);
    disk.release();
    await vi.waitUntil(() => socket.bufferedAmount === 0, { timeout: 20_000 });
    await collector.stop();
    const parts = await readParts(root);
    const frames = parts.flatMap((part) => cutFrames(part.bytes));
    expect(frames.length).toBe(total);
    expect(frames.findIndex((kept, index) => kept !== format(index + 1))).toBe(-1);
    const lines = parts.flatMap((part) => parseLines(part.bytes));
    const events = lines.flatMap((line) => line.event ?? []);
    expect(events.slice(0, 4)).toEqual(['open', 'subscribed', 'paused', 'resumed']);
    expect(logged).toContain('pause reading: the disk does not keep up');
  });
});

/** A disk whose writes do not return before `release` is called. */
function openStuckDisk() {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const openFile: OpenPartFile = async (path) => {
    const file = await openPartFile(path);
    return {
      ...file,
      async write(chunks, position) {
        await released;
        return file.write(chunks, position);
      },
    };
  };
  return { openFile, release };
}

test('writes that fail or end early are repeated at the same place', async () => {
  let writes = 0;
  const openFile: OpenPartFile = async (path) => {
    const file = await openPartFile(path);
    return {
      ...file,
      write(chunks, position) {
        writes++;
        if (writes % 3 === 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        const first = chunks[0]!;
        const isShort = writes % 3 === 1;
        return file.write([isShort ? first.subarray(0, 1 + (first.length >> 1)) : first], position);
      },
    };
  };
  const collector = await openCollector({
    config: makeConfig(root, exchange.url, { collector: '{ flush_milliseconds: 10 }' }),
    log: silentLog,
    clock: openSystemClock(),
    random: () => 0,
    openFile,
  });
  await collector.ready;
  const sent: string[] = [];
  for (let id = 1; id <= 2000; id++) {
    sent.push(formatFrame('BTCUSDT', id));
    exchange.send(sent.at(-1)!);
    if (id % 20 === 0) await new Promise(setImmediate);
  }
  await collector.stop();
  const [part] = await readParts(root);
  expect(cutFrames(part!.bytes)).toEqual(sent);
  const dayDir = rawDayDir(root, { exchange: 'binance', symbol: 'BTCUSDT' }, part!.day);
  const record = (await readPartRecords(dayDir)).get(part!.name);
  expect(record?.sha256).toBe(createHash('sha256').update(part!.bytes).digest('hex'));
  expect(writes).toBeGreaterThan(5);
});

test('says how it is: rates, latency, clock offset, connections, problems', async () => {
  const clock = new FakeClock('2025-11-19T00:00:01Z');
  const collector = await openCollector({
    config: makeConfig(root, exchange.url, { symbols: ['BTCUSDT', 'ETHUSDT'] }),
    log: silentLog,
    clock,
    random: Math.random,
  });
  await collector.ready;
  // The exchange is 30 s ahead of us.
  const us = clock.nowUs() + 30_000_000;
  const frame = formatFrame('BTCUSDT', 1).replaceAll(String(1_763_510_400_001_000), String(us));
  exchange.send(frame);
  const btc = () => collector.status().symbols[0]!;
  await vi.waitUntil(() => btc().last_trade_age !== null);
  clock.advance(2500);
  expect(collectStatusSchema.parse(collector.status())).toMatchObject({
    connections: [{ conn: 'c1', exchange: 'binance', state: 'live', streams: 4, reconnects: 0 }],
    symbols: [
      { symbol: 'BTCUSDT', last_trade_age: 2.5, messages_per_second: 0.4, latency_max_ms: -30_000 },
      { symbol: 'ETHUSDT', last_trade_age: null, messages_per_second: 0, latency_p50_ms: null },
    ],
    problems: [],
  });
  expect(collector.status().clock_offset_ms).toBeCloseTo(30_000, -3);
  clock.advance(10_000);
  const written = () => readStatus(root, 'collect', collectStatusSchema);
  await vi.waitUntil(async () => (await written())?.symbols[0]?.last_trade_age === 12.5);
  await collector.stop();
});
