// Nothing is lost where the exchange still has it, on real input: a recorded Binance session is served
// while the network is cut at random moments. Afterwards the lake holds every trade exactly once, and its
// bars are the exchange's klines. LAKE_TEST_CUTS says how many such sessions (default none), each with a seed
// of its own. Without the recordings it says so and checks that it may.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, vi } from 'vitest';
import { openCollector } from '../collector/collector.ts';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { createRandom } from '../tools/simulator/random.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';
import {
  hasRecordings,
  recordedSymbols,
  recordingFiles,
  recordingStartUs,
  reportAbsence,
} from './recordings.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

const sessions = Number(process.env.LAKE_TEST_CUTS ?? 0);
/** The recording lasts 651 s. */
const speed = 60;
const cuts = 3;
const longAgoUs = Date.parse('2024-08-01T00:00:00Z') * 1000;
const never = Number.MAX_SAFE_INTEGER;

reportAbsence();

for (let seed = 1; hasRecordings && seed <= Math.max(1, sessions); seed++) {
  it.runIf(seed <= sessions)(
    `holds every trade of a recording cut at random moments, seed ${seed}`,
    async () => {
      const lake = await makeScratchLake();
      let recordedUs = recordingStartUs;
      const simulator = await openSimulator({
        replay: {
          files: recordingFiles,
          speed,
          awaitChannels: ['trade', 'bookTicker'],
          onSend: (atUs) => {
            recordedUs = atUs;
          },
        },
      });
      const nowUs = () => recordedUs;
      await collectWithCuts(lake, simulator, nowUs, createRandom(seed));
      expect(await lake.transform()).toBe(0);
      for (const symbol of recordedSymbols) {
        expect(await readTrades(lake, symbol)).toEqual(listTrades(simulator, symbol));
        const klines = await readBars(lake, symbol);
        expect(klines.length).toBeGreaterThan(640);
        expect(klines).toEqual(listKlines(simulator, symbol, klines.length));
      }
      expect(await verify(lake)).toMatch(/\b0 wrong/);
      await simulator.close();
    },
    120_000,
  );
}

async function collectWithCuts(
  lake: ScratchLake,
  simulator: Simulator,
  nowUs: () => number,
  random: () => number,
): Promise<void> {
  const config = parseConfig(
    `root: ${lake.root}
exchanges:
  binance:
    symbols: [${recordedSymbols}]
    ws_url: "${simulator.wsUrl}"
    rest_url: "${simulator.restUrl}"
collector: { rotate_seconds: 1 }`,
    {},
  );
  const clock = { nowUs, monotonicMs: openSystemClock().monotonicMs };
  const collector = await openCollector({ config, log: silentLog, clock, random });
  await collector.ready;
  const lengthUs = 651_000_000;
  const startUs = nowUs();
  const moments = Array.from({ length: cuts }, () => startUs + random() * lengthUs * 0.9);
  for (const momentUs of moments.sort((a, b) => a - b)) {
    await vi.waitFor(() => expect(nowUs()).toBeGreaterThan(momentUs), within);
    simulator.faults.cutNetwork();
    await vi.waitFor(() => expect(simulator.connections()).toEqual([]), within);
    simulator.faults.restoreNetwork();
    await vi.waitFor(() => expect(simulator.connections()).not.toEqual([]), within);
  }
  await simulator.replay!.finished;
  // What is known to be missing first: each look at the lake costs a transform.
  await vi.waitFor(() => {
    expect(collector.status().fills).toMatchObject([{ gaps: 0, trades_missing: 0 }]);
  }, within);
  await vi.waitFor(async () => {
    await lake.transform();
    for (const symbol of recordedSymbols) {
      expect(await countTrades(lake, symbol)).toBe(listTrades(simulator, symbol).length);
    }
  }, withinMore);
  await collector.stop();
}

const within = { timeout: 30_000, interval: 50 };
/** A part is sealed after a second. */
const withinMore = { timeout: 30_000, interval: 1000 };

/** What `--mode verify` prints, whatever it finds. */
async function verify({ root }: ScratchLake): Promise<string> {
  const main = join(import.meta.dirname, '../main.ts');
  const args = [main, '--mode', 'verify', '--root', root];
  const ended = promisify(execFile)(process.execPath, args).catch((thrown) => thrown);
  return (await ended).stdout;
}

async function countTrades(lake: ScratchLake, symbol: string): Promise<number> {
  const [row] = await lake.query(`SELECT count(*) AS n FROM trades WHERE symbol = '${symbol}'`);
  return Number(row!.n);
}

async function readTrades(lake: ScratchLake, symbol: string): Promise<unknown[]> {
  const rows = await lake.query(
    `SELECT trade_id, epoch_us(trade_time) AS at FROM trades WHERE symbol = '${symbol}'
     ORDER BY trade_id`,
  );
  return rows.map((row) => [Number(row.trade_id), Number(row.at)]);
}

function listTrades(simulator: Simulator, symbol: string): unknown[] {
  return simulator.truth.trades(symbol, longAgoUs, never).map(({ id, timeUs }) => [id, timeUs]);
}

async function readBars(lake: ScratchLake, symbol: string): Promise<unknown[]> {
  const bars = await lake.readBars(symbol);
  return bars.map((bar) => [
    bar.window_start,
    bar.open,
    bar.high,
    bar.low,
    bar.close,
    bar.volume_base,
    bar.trade_count,
    bar.taker_buy_base,
  ]);
}

/** The exchange's klines of the same seconds; a second without a bar shows as one that differs. */
function listKlines(simulator: Simulator, symbol: string, count: number): unknown[] {
  const klines = simulator.truth.klines(symbol, '1s', longAgoUs, never).slice(0, count);
  return klines.map((kline) => [
    kline.openTimeUs / 1_000_000,
    ...[kline.open, kline.high, kline.low, kline.close, kline.volumeBase].map(toNumber),
    kline.tradeCount,
    toNumber(kline.takerBuyBase),
  ]);
}

/** The nearest number to a count of 10^-8. */
function toNumber(units: bigint): number {
  const digits = units.toString().padStart(9, '0');
  return Number(`${digits.slice(0, -8)}.${digits.slice(-8)}`);
}
