// Connections handed over again and again under load, as an exchange that shuts down its servers does it:
// what the lake holds is compared with what the exchange published. LAKE_TEST_HANDOVERS makes it longer.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Feeds } from '../collector/feeds.ts';
import { openPartFile } from '../collector/part-file.ts';
import { parseLines, type RawLine, readParts } from '../collector/scripted-exchange.ts';
import { connectSocket } from '../collector/socket.ts';
import { Store } from '../collector/store.ts';
import { planStreams, type VenuePlan } from '../exchanges/plan.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

const handovers = Number(process.env.LAKE_TEST_HANDOVERS ?? 30);
const symbols = ['BTCUSDT', 'ETHUSDT', 'BNBUSDT', 'SOLUSDT', 'XRPUSDT', 'DOGEUSDT', 'LTCUSDT'];
/** Some thousand messages per second over all symbols. */
const rate = 15;
const noticeMs = 20_000;

let root: string;
let simulator: Simulator;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'handovers-'));
  simulator = await openSimulator({ symbols, rate, limits: { connects: 1_000_000 } });
});
afterEach(async () => {
  await simulator.close();
  await rm(root, { recursive: true });
});

function makeConfig() {
  const exchanges = { binance: { ws_url: simulator.wsUrl, symbols } };
  const collector = { rotate_seconds: 3600, rotate_max_megabytes: 1024 };
  return parseConfig(JSON.stringify({ root, exchanges, collector }), {});
}

/** A connection for each symbol, and as many attempts as it takes. */
function planSmall(plan: VenuePlan): VenuePlan {
  const connects = { count: 1_000_000, windowMs: 1000 };
  const limits = { ...plan.exchange.limits, streamsPerConnection: 2, connects };
  return { ...plan, exchange: { ...plan.exchange, limits } };
}

const nameId = (line: RawLine) => (line.msg as { data: { t?: number } } | undefined)?.data.t;

test(`${handovers} hand-overs lose no trade and leave nothing to fetch`, async () => {
  const config = makeConfig();
  const plans = planStreams(config).map(planSmall);
  const clock = openSystemClock();
  const startedUs = simulator.nowUs();
  const shared = { clock, log: silentLog, random: Math.random };
  const store = new Store({ ...shared, config, openFile: openPartFile, onGate: () => {} });
  const feeds = new Feeds({
    ...shared,
    connect: connectSocket,
    isPaused: () => false,
    findRates: () => new Map(),
    findRecorder: (exchange, symbol) => store.findRecorder(exchange, symbol)!,
    onSuspect: () => {},
    findRest: () => ({ findBlockMs: () => 0, block: () => {} }),
  });
  await store.add(plans);
  feeds.apply(plans, 1);
  const timer = setInterval(() => {
    feeds.tick(clock.monotonicMs());
    store.flush();
  }, 20);
  const count = () => feeds.all.reduce((sum, feed) => sum + feed.handovers, 0);
  const until = (isTrue: () => boolean) => vi.waitUntil(isTrue, { interval: 5, timeout: noticeMs });
  await Promise.all(feeds.all.map((feed) => feed.ready));
  while (count() < handovers) {
    const before = count();
    simulator.faults.shutdown(noticeMs);
    await until(() => count() >= before + feeds.all.length);
  }
  // What was published last has come.
  await sleep(200);
  clearInterval(timer);
  await feeds.stop();
  await store.finish();
  expect(feeds.all.reduce((sum, feed) => sum + feed.reconnects, 0)).toBe(0);
  for (const symbol of symbols) {
    const lines = (await readParts(root, symbol)).flatMap(({ bytes }) => parseLines(bytes));
    const ids = new Set(lines.flatMap((line) => nameId(line) ?? []));
    const [first, last] = [Math.min(...ids), Math.max(...ids)];
    expect(ids.size, symbol).toBe(last - first + 1);
    expect(lines.filter(({ event }) => event === 'gap')).toEqual([]);
    const published = simulator.truth.trades(symbol, startedUs - 1_000_000, simulator.nowUs());
    const kept = published.filter(({ id }) => id >= first && id <= last);
    expect(kept.length).toBe(ids.size);
  }
  expect(simulator.limitsSeen()).toMatchObject({ weightPerMinute: 0, closedForLimits: 0 });
  expect(count()).toBeGreaterThanOrEqual(handovers);
}, 1_800_000);
