// A lake beside the embedded exchange at a moment of its own, for tests of what fetches afterwards:
// live parts made from the exchange's own trades, runs of backfill, and bars against its klines.

import { rm } from 'node:fs/promises';
import { vi } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { type Day, formatDay } from '../lake/day.ts';
import type { ModeOptions, RunMode } from '../lake/mode.ts';
import { runBackfill } from '../tools/backfill/backfill.ts';
import { formatDecimal, formatProduct } from '../tools/simulator/decimal.ts';
import { openSimulator, type Simulator, type SimulatorOptions } from '../tools/simulator/server.ts';
import { renewCatalog } from '../transformer/renew-catalog.ts';
import { controlLine, tradeLine } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

export type BackfillRun = { code: number; infos: string[]; warnings: string[]; errors: string[] };
/** A run with what it printed. */
export type ModeRun = BackfillRun & { printed: string };

export type BackfillLake = ScratchLake & {
  simulator: Simulator;
  yaml: string;
  nowUs(): number;
  /** Runs reach REST there from now on. */
  setRestUrl(url: string): void;
  /** Lets the exchange's and our own time jump. */
  forward(us: number): void;
  backfill(options?: ModeOptions, signal?: AbortSignal): Promise<BackfillRun>;
  run(mode: RunMode, options?: ModeOptions, signal?: AbortSignal): Promise<ModeRun>;
  /** A live part of the trades in that time, without those that `isLost`. */
  record(
    number: number,
    fromUs: number,
    untilUs: number,
    isLost?: (id: number) => boolean,
  ): Promise<void>;
  /** Seconds whose bar is not the exchange's kline, or is not there. */
  listWrongBars(fromUs: number, untilUs: number): Promise<number[]>;
  close(): Promise<void>;
};

export async function openBackfillLake(
  startUs: number,
  options: Omit<SimulatorOptions, 'clock' | 'startUs'> = {},
  symbol = 'BTCUSDT',
): Promise<BackfillLake> {
  const system = openSystemClock();
  let offsetUs = startUs - system.nowUs();
  const clock = { ...system, nowUs: () => system.nowUs() + offsetUs };
  const simulator = await openSimulator({ tickMs: 0, symbols: [symbol], ...options, clock });
  const yaml = [
    `exchanges: { binance: { symbols: [${symbol}], rest_url: "${simulator.restUrl}",`,
    `  archive_url: "${simulator.archiveUrl}" } }`,
    'transformer: { threads: 1 }',
  ].join('\n');
  const lake = await makeScratchLake(yaml, renewCatalog);
  const { root } = lake;
  const parse = (text: string) => parseConfig(`${text}\nroot: ${root}`, {});
  let config = parse(yaml);
  const lakeWithRuns: BackfillLake = {
    ...lake,
    simulator,
    yaml,
    nowUs: clock.nowUs,
    setRestUrl(url) {
      config = parse(yaml.replace(simulator.restUrl, url));
    },
    forward(us) {
      offsetUs += us;
    },
    async backfill(modeOptions, signal) {
      const { printed, ...run } = await lakeWithRuns.run(runBackfill, modeOptions, signal);
      return run;
    },
    async run(mode, modeOptions = {}, signal = new AbortController().signal) {
      const run: ModeRun = { code: -1, infos: [], warnings: [], errors: [], printed: '' };
      const log = {
        debug() {},
        info: (message: string) => void run.infos.push(message),
        warn: (message: string) => void run.warnings.push(message),
        error: (message: string) => void run.errors.push(message),
        relay() {},
        close: async () => {},
      };
      const context = { config, configText: '', positionals: [], clock, onReload() {} };
      const printed = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
        run.printed += text;
        return true;
      });
      try {
        run.code = await mode({ ...context, options: modeOptions, log, signal });
      } finally {
        printed.mockRestore();
      }
      return run;
    },
    async record(number, fromUs, untilUs, isLost = () => false) {
      const day: Day = formatDay(fromUs);
      const trades = simulator.truth.trades(symbol, fromUs, untilUs);
      const lines = trades
        .filter(({ id }) => !isLost(id))
        .map(({ id, timeUs, price, quantity, buyerIsMaker }) =>
          tradeLine({ id, us: timeUs, recv: timeUs, price, quantity, maker: buyerIsMaker, symbol }),
        );
      const first = controlLine(fromUs, 'listening');
      await lake.writePart(day, number, [first, ...lines, controlLine(untilUs, 'rotate')], symbol);
    },
    async listWrongBars(fromUs, untilUs) {
      const bars = await lake.query(
        `SELECT *, epoch_us(window_start) AS us FROM bars
         WHERE symbol = '${symbol}' AND epoch_us(window_start) BETWEEN ${fromUs - 1_000_000} AND ${untilUs}`,
      );
      const bySecond = new Map(bars.map((bar) => [Number(bar.us), bar]));
      const klines = simulator.truth.klines(symbol, '1s', fromUs, untilUs);
      return klines
        .filter((kline) => {
          const bar = bySecond.get(kline.openTimeUs);
          return (
            bar === undefined ||
            bar.open !== Number(formatDecimal(kline.open)) ||
            bar.high !== Number(formatDecimal(kline.high)) ||
            bar.low !== Number(formatDecimal(kline.low)) ||
            bar.close !== Number(formatDecimal(kline.close)) ||
            bar.volume_base !== Number(formatDecimal(kline.volumeBase)) ||
            Number(bar.volume_quote).toFixed(6) !==
              Number(formatProduct(kline.volumeQuote)).toFixed(6) ||
            bar.trade_count !== kline.tradeCount
          );
        })
        .map((kline) => kline.openTimeUs / 1_000_000);
    },
    async close() {
      await simulator.close();
      await rm(root, { recursive: true });
    },
  };
  return lakeWithRuns;
}
