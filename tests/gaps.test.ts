// What the collector misses, it fetches: against the embedded exchange, whose truth says what there was.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Collector, openCollector } from '../collector/collector.ts';
import { parseLines, type RawLine, readParts } from '../collector/scripted-exchange.ts';
import { openSystemClock } from '../lake/clock.ts';
import { type Config, parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'];

let root: string;
let simulator: Simulator;
let collector: Collector | undefined;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gaps-'));
  simulator = await openSimulator({ symbols, rate: 5, historyMs: 60_000 });
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  await simulator.close();
  await rm(root, { recursive: true });
});

function makeConfig(): Config {
  const urls = `ws_url: "${simulator.wsUrl}", rest_url: "${simulator.restUrl}"`;
  return parseConfig(
    `root: ${root}
exchanges: { binance: { ${urls}, symbols: [${symbols.join(', ')}] } }`,
    {},
  );
}

async function start(): Promise<void> {
  const clock = openSystemClock();
  collector = await openCollector({
    config: makeConfig(),
    log: silentLog,
    clock,
    random: Math.random,
  });
  await collector.ready;
}

async function stop(): Promise<void> {
  await collector?.stop();
  collector = undefined;
}

/** Resolves when trades flow and none is missing. */
async function settle(): Promise<void> {
  const isWhole = () => {
    const status = collector!.status();
    const flows = status.symbols.every(({ last_trade_age: age }) => age !== null && age < 1);
    return flows && status.fills!.every(({ gaps }) => gaps === 0);
  };
  await vi.waitUntil(isWhole, { timeout: 20_000, interval: 20 });
}

async function readLines(symbol: string): Promise<RawLine[]> {
  return (await readParts(root, symbol)).flatMap(({ bytes }) => parseLines(bytes));
}

/** The trade ids in the raw parts: of frames, and of rows of answers. */
function listIds(lines: readonly RawLine[]): Set<number> {
  return new Set(
    lines.flatMap(({ msg }) => {
      if (Array.isArray(msg)) return (msg as { id: number }[]).map(({ id }) => id);
      const id = (msg as { data?: { t?: number } } | undefined)?.data?.t;
      return id === undefined ? [] : [id];
    }),
  );
}

/** Every trade the exchange has published, from the first kept to the last, is kept. */
async function expectWhole(): Promise<void> {
  for (const symbol of symbols) {
    const kept = listIds(await readLines(symbol));
    const [first, last] = [Math.min(...kept), Math.max(...kept)];
    const truth = simulator.truth.trades(symbol, 0, Number.POSITIVE_INFINITY);
    const published = truth.filter(({ id }) => id >= first && id <= last).map(({ id }) => id);
    expect(published.length).toBeGreaterThan(5);
    expect(published.filter((id) => !kept.has(id))).toEqual([]);
  }
}

test('a cut of the network is filled, within ten seconds of the reconnect', async () => {
  await start();
  await settle();
  simulator.faults.cutNetwork();
  await vi.waitUntil(() => collector!.status().connections[0]!.state === 'waiting');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  simulator.faults.restoreNetwork();
  await vi.waitUntil(() => collector!.status().connections[0]!.state === 'live', 10_000);
  const backMs = performance.now();
  await settle();
  expect(performance.now() - backMs).toBeLessThan(10_000);
  expect(collector!.status().fills![0]!.trades_filled).toBeGreaterThan(20);
  await stop();
  await expectWhole();
  const lines = await readLines('BTCUSDT');
  const gap = lines.find(({ event }) => event === 'gap');
  expect(gap).toMatchObject({ stream: 'btcusdt@trade', conn: expect.stringMatching(/^c/) });
  const fills = lines.filter(({ event }) => event === 'fill');
  expect(fills[0]).toMatchObject({ conn: 'rest', from_id: gap!.from_id, source: 'rest' });
  for (const symbol of symbols) {
    const clock = (await readLines(symbol)).find(({ event }) => event === 'clock');
    expect(Math.abs(clock!.offset_us as number)).toBeLessThan(50_000);
  }
});

test('a single frame lost is fetched, and a late one is not', async () => {
  await start();
  await settle();
  simulator.faults.drop('btcusdt@trade');
  await vi.waitUntil(() => collector!.status().fills![0]!.trades_filled > 0, 10_000);
  await settle();
  await stop();
  await expectWhole();
});

test('what was missed while down is fetched, and so is a gap that was open at the stop', async () => {
  await start();
  await settle();
  simulator.faults.failRest(500, 1000);
  simulator.faults.drop('btcusdt@trade');
  await vi.waitUntil(() => collector!.status().fills![0]!.gaps > 0, 10_000);
  await stop();
  simulator.faults.failRest(500, 0);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await start();
  await settle();
  await stop();
  await expectWhole();
});
