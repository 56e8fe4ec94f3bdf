// What the collector misses, it fetches: against the embedded exchange, whose truth says what there was.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Collector, openCollector } from '../collector/collector.ts';
import { parseLines, type RawLine, readParts } from '../collector/scripted-exchange.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

const kills = Math.ceil(Number(process.env.LAKE_TEST_KILLS ?? 5) / 5);
const symbols = ['BTCUSDT', 'ETHUSDT'];

let root: string;
let simulator: Simulator;
let collector: Collector | undefined;
let startedMs = 0;

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

function formatConfig(): string {
  const urls = `ws_url: "${simulator.wsUrl}", rest_url: "${simulator.restUrl}"`;
  return `root: ${root}
exchanges: { binance: { ${urls}, symbols: [${symbols.join(', ')}] } }
collector: { rotate_seconds: 1 }`;
}

async function start(): Promise<void> {
  startedMs = performance.now();
  const clock = openSystemClock();
  collector = await openCollector({
    config: parseConfig(formatConfig(), {}),
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

/** Resolves when trades flow that this collector has heard itself, and none is missing. */
async function settle(): Promise<void> {
  const isWhole = () => {
    const status = collector!.status();
    const maxAge = Math.min(1, (performance.now() - startedMs) / 1000);
    const flows = status.symbols.every(({ last_trade_age: age }) => age !== null && age < maxAge);
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
});

test('the local clock is measured against the exchange, and noted with every symbol', async () => {
  await start();
  const isNoted = async () => {
    // A folder may not be there yet, and a part be sealed between being listed and read.
    const reads = await Promise.allSettled(symbols.map((symbol) => readParts(root, symbol)));
    const parts = reads.map((read) => (read.status === 'fulfilled' ? read.value : []));
    return parts.every((own) => own.some(({ bytes }) => bytes.includes('"event":"clock"')));
  };
  await vi.waitUntil(isNoted, 20_000);
  await stop();
  for (const symbol of symbols) {
    const clock = (await readLines(symbol)).find(({ event }) => event === 'clock');
    expect(Math.abs(clock!.offset_us as number)).toBeLessThan(1_000_000);
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

/** A collector in a process of its own, killed without warning a while after it is connected. */
async function runAndKill(path: string): Promise<void> {
  const main = join(import.meta.dirname, '../main.ts');
  const args = [main, '--mode', 'collect', '--config', path];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  try {
    await vi.waitUntil(() => simulator.connections().length > 0, 20_000);
    if (Math.random() < 0.5) simulator.faults.drop('ethusdt@trade', { count: 3 });
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 1200));
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await vi.waitUntil(() => simulator.connections().length === 0, 10_000);
}

test(`${kills} kills without warning lose no trade that the exchange still has`, async () => {
  const path = join(root, 'config.yml');
  await writeFile(path, formatConfig());
  for (let round = 0; round < kills; round++) await runAndKill(path);
  await start();
  await settle();
  await stop();
  await expectWhole();
}, 600_000);
