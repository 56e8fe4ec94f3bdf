import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { type Config, parseConfig } from '../lake/config.ts';
import { ConfigError } from '../lake/errors.ts';
import { silentLog } from '../lake/log.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';
import { type Collector, openCollector } from './collector.ts';
import { findRestartKeys } from './reload.ts';
import { parseLines, type RawLine, readParts } from './scripted-exchange.ts';

type Given = { symbols?: string[]; channels?: string[]; collector?: object; ws_url?: string };

let root: string;
let simulator: Simulator;
let collector: Collector | undefined;
let warnings: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'reload-'));
  simulator = await openSimulator({ rate: 5, endpoints: 2 });
  warnings = [];
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  await simulator.close();
  await rm(root, { recursive: true });
});

function makeConfig({ collector: keys = {}, ...venue }: Given = {}): Config {
  const { wsUrl: ws_url, restUrl: rest_url, archiveUrl: archive_url } = simulator;
  const exchanges = { binance: { ws_url, rest_url, archive_url, symbols: ['BTCUSDT'], ...venue } };
  return parseConfig(JSON.stringify({ root, exchanges, collector: keys }), {});
}

async function start(given: Given = {}): Promise<Collector> {
  collector = await openCollector({
    config: makeConfig(given),
    log: { ...silentLog, warn: (message: string) => void warnings.push(message) },
    clock: openSystemClock(),
    random: Math.random,
  });
  await collector.ready;
  return collector;
}

/** Waits until that many connections stand, live, and each has the streams it should. */
async function settle(streams: readonly number[]): Promise<void> {
  const list = () => collector!.status().connections.map((one) => [one.state, one.streams]);
  const expected = streams.map((count) => ['live', count]);
  await vi.waitUntil(() => JSON.stringify(list()) === JSON.stringify(expected), {
    timeout: 15_000,
  });
}

async function readLines(symbol: string): Promise<RawLine[]> {
  return (await readParts(root, symbol)).flatMap(({ bytes }) => parseLines(bytes));
}

/** Checks that every trade between the first and the last was kept, without a fetch. */
function checkTrades(lines: readonly RawLine[]): void {
  const nameId = (line: RawLine) => (line.msg as { data?: { t?: number } } | undefined)?.data?.t;
  const live = lines.filter(({ conn }) => conn !== 'rest');
  const ids = new Set(live.flatMap((line) => nameId(line) ?? []));
  expect(ids.size).toBeGreaterThan(0);
  expect(ids.size).toBe(Math.max(...ids) - Math.min(...ids) + 1);
}

describe('a running collector', () => {
  test('takes symbols in and lets symbols go; what stays misses nothing', async () => {
    const running = await start({ symbols: ['BTCUSDT', 'ETHUSDT'] });
    await settle([4]);
    await running.reload(makeConfig({ symbols: ['BTCUSDT', 'SOLUSDT', 'XRPUSDT'] }));
    await settle([6]);
    expect(running.status().connections).toMatchObject([{ handovers: 1, reconnects: 0 }]);
    const frames = () => running.status().symbols.find(({ symbol }) => symbol === 'SOLUSDT');
    await vi.waitUntil(() => frames()?.last_trade_age != null, { timeout: 10_000 });
    await running.stop();
    collector = undefined;
    const btc = await readLines('BTCUSDT');
    checkTrades(btc);
    expect(btc.find(({ event }) => event === 'handover')).toMatchObject({
      conn: 'c1',
      to: 'c2',
      reason: 'configuration',
    });
    const eth = await readLines('ETHUSDT');
    expect(eth.at(-1)).toMatchObject({ event: 'close', conn: 'c1' });
    checkTrades(await readLines('SOLUSDT'));
    const parts = await readParts(root, 'ETHUSDT');
    expect(parts.every(({ isOpen }) => !isOpen)).toBe(true);
  });

  test('counts on over symbols and lanes that go and come back', async () => {
    const both = { symbols: ['BTCUSDT', 'ETHUSDT'], collector: { redundancy: 2 } };
    const running = await start(both);
    const find = () => {
      const { symbols, lanes } = running.status();
      const { messages, bytes, parts_sealed } = symbols.find(({ symbol }) => symbol === 'ETHUSDT')!
        .totals!;
      return { messages, bytes, parts_sealed, lanes };
    };
    await vi.waitUntil(() => find().messages > 20, { timeout: 10_000 });
    const before = find();
    await running.reload(makeConfig());
    await vi.waitUntil(() => running.status().symbols.length === 1, { timeout: 20_000 });
    await running.reload(makeConfig(both));
    const after = find();
    expect(after.messages).toBeGreaterThanOrEqual(before.messages);
    expect(after.bytes).toBeGreaterThanOrEqual(before.bytes);
    expect(after.parts_sealed).toBe(1);
    expect(after.lanes!.map(({ lane }) => lane)).toEqual([0, 1]);
    expect(after.lanes![0]!.handovers).toBeGreaterThan(0);
  });

  test('takes a channel in', async () => {
    const running = await start({ channels: ['bookTicker'] });
    await running.reload(makeConfig());
    await settle([2]);
    const age = () => running.status().symbols[0]!.last_trade_age;
    await vi.waitUntil(() => age() !== null, { timeout: 10_000 });
    await running.stop();
    collector = undefined;
    checkTrades(await readLines('BTCUSDT'));
  });

  test('opens a second lane on the second endpoint, and closes it again', async () => {
    const ws_url = simulator.wsUrls.join(',');
    const running = await start({ ws_url });
    await running.reload(makeConfig({ ws_url, collector: { redundancy: 2 } }));
    await settle([2, 2]);
    const lanes = running.status().connections.map(({ lane }) => lane);
    expect(lanes).toEqual([0, 1]);
    const endpoints = simulator.connections().map(({ endpoint }) => endpoint);
    expect(endpoints.sort()).toEqual([0, 1]);
    await running.reload(makeConfig({ ws_url }));
    await settle([2]);
    await vi.waitUntil(() => simulator.connections().length === 1);
    expect(running.status().connections[0]).toMatchObject({ conn: 'c1', handovers: 0 });
  });

  test('refuses a configuration with what there is not, says so, and goes on', async () => {
    const running = await start();
    const wrong = makeConfig({ channels: ['trade', 'candles'] });
    await expect(running.reload(wrong)).rejects.toThrow(ConfigError);
    const { problems, connections } = running.status();
    expect(problems).toMatchObject([
      { what: expect.stringContaining('exchanges.binance.channels: no channel "candles"') },
    ]);
    expect(connections).toMatchObject([{ conn: 'c1', state: 'live' }]);
    await running.reload(makeConfig());
    expect(running.status().problems).toEqual([]);
    expect(simulator.limitsSeen().connects).toBe(1);
  });

  test('names the keys that only a restart applies', async () => {
    const running = await start();
    await running.reload(makeConfig({ collector: { compress: 'gzip', rotate_seconds: 5 } }));
    expect(warnings).toEqual([
      'reload configuration: collector.rotate_seconds, collector.compress changed',
    ]);
  });
});

test('keys that say what is collected need no restart', () => {
  const before = parseConfig('', {});
  const after = parseConfig(
    JSON.stringify({
      root: '/other',
      exchanges: { binance: { symbols: ['BTCUSDT'], rest_url: 'https://other' } },
      collector: { redundancy: 2 },
      fill: { rest_weight_percent: 10 },
    }),
    {},
  );
  const needed = ['root', 'fill.rest_weight_percent', 'exchanges.binance.rest_url'];
  expect(findRestartKeys(before, after)).toEqual(needed);
});
