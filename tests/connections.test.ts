// The collector's connections against an exchange that enforces its limits: thousands of streams at
// once, and two lanes of which one fails.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openCollector } from '../collector/collector.ts';
import { Feeds } from '../collector/feeds.ts';
import { openPartFile } from '../collector/part-file.ts';
import { parseLines, readParts } from '../collector/scripted-exchange.ts';
import { connectSocket } from '../collector/socket.ts';
import { Store } from '../collector/store.ts';
import { planStreams } from '../exchanges/plan.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

let root: string;
let simulator: Simulator | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'connections-'));
});
afterEach(async () => {
  await simulator?.close();
  await rm(root, { recursive: true });
});

function makeConfig(venue: object, collector: object = {}) {
  const { restUrl: rest_url, archiveUrl: archive_url } = simulator!;
  const exchanges = { binance: { rest_url, archive_url, ...venue } };
  return parseConfig(JSON.stringify({ root, exchanges, collector }), {});
}

test('3,000 streams are subscribed at once within every limit of the exchange', async () => {
  const symbols = Array.from({ length: 1500 }, (_, i) => `A${i}USDT`);
  simulator = await openSimulator({ symbols, rate: 0.001, tickMs: 50 });
  const plans = planStreams(makeConfig({ ws_url: simulator.wsUrl, symbols }));
  const names = plans[0]!.streams.map(({ name }) => name);
  // One recorder for all: what is recorded is not what is tested here.
  const clock = openSystemClock();
  const shared = { clock, log: silentLog, random: Math.random };
  const config = makeConfig({ symbols: ['A0USDT'] });
  const store = new Store({ ...shared, config, openFile: openPartFile, onGate: () => {} });
  await store.add(planStreams(config));
  const recorder = store.recorders[0]!;
  recorder.addStreams(names, undefined);
  const feeds = new Feeds({
    ...shared,
    connect: connectSocket,
    isPaused: () => false,
    findRates: () => new Map(),
    findRecorder: () => recorder,
    onSuspect: () => {},
    findRest: () => ({ findBlockMs: () => 0, block: () => {} }),
  });
  feeds.apply(plans, 1);
  const timer = setInterval(() => feeds.tick(clock.monotonicMs()), 20);
  await Promise.all(feeds.all.map((feed) => feed.ready));
  clearInterval(timer);
  const subscribed = simulator.connections().reduce((sum, { streams }) => sum + streams.length, 0);
  await feeds.stop();
  await store.finish();
  expect(subscribed).toBe(3000);
  const seen = simulator.limitsSeen();
  expect(seen).toMatchObject({ connects: 3, refusedConnects: 0, closedForLimits: 0 });
  expect(seen.messagesPerSecond).toBeLessThanOrEqual(5);
  expect(seen.streamsPerConnection).toBeLessThanOrEqual(1024);
});

test('with two lanes, one that breaks again and again costs no trade and no fetch', async () => {
  const symbols = ['BTCUSDT', 'ETHUSDT'];
  const exchange = await openSimulator({ symbols, rate: 10, endpoints: 2 });
  simulator = exchange;
  const ws_url = exchange.wsUrls.join(',');
  const collector = await openCollector({
    config: makeConfig({ ws_url, symbols }, { redundancy: 2 }),
    log: silentLog,
    clock: openSystemClock(),
    random: () => 0,
  });
  await collector.ready;
  const scores = () => collector.status().connections.map(({ trades }) => trades!);
  const deliversOnBoth = () => {
    const all = scores();
    return all.length === 2 && all.every(({ first, late }) => first + late >= 20);
  };
  const countReconnects = () =>
    collector.status().connections.reduce((sum, { reconnects }) => sum + reconnects, 0);
  const until = (isTrue: () => boolean) => vi.waitUntil(isTrue, { timeout: 10_000 });
  await until(deliversOnBoth);
  for (let round = 1; round <= 3; round++) {
    // In turn, never both at once: that is what the second lane is for.
    exchange.faults.reset({ endpoint: round % 2 });
    await until(() => countReconnects() === round);
    await until(deliversOnBoth);
  }
  await collector.stop();
  for (const symbol of symbols) {
    const lines = (await readParts(root, symbol)).flatMap(({ bytes }) => parseLines(bytes));
    expect(lines.filter(({ event }) => event === 'gap' || event === 'fill')).toEqual([]);
    const ids = new Set(
      lines.flatMap(({ msg }) => (msg as { data?: { t?: number } } | undefined)?.data?.t ?? []),
    );
    expect(ids.size).toBe(Math.max(...ids) - Math.min(...ids) + 1);
  }
});
