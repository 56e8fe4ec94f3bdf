// The library: a lake on disk, read by a program. Read-only and confined to the lake as `--mode query` is; it never needs
// the pipeline to run, and never stands in its way.

import { resolve } from 'node:path';
import { parseConfig } from '../lake/config.ts';
import { listEntries } from '../lake/durable.ts';
import { OperationalError } from '../lake/errors.ts';
import { keepSession } from '../lake/kept-session.ts';
import { openLakeSession } from '../tools/query/lake-session.ts';
import { listAllInstruments } from '../transformer/stored-instruments.ts';
import { askCaller } from './asks.ts';
import { type Bar, type BarRequest, barKinds, type SecondBar, secondBarKinds } from './bar.ts';
import { findInstrument } from './instrument.ts';
import { openRefresh } from './live.ts';
import { listObjects } from './plain-rows.ts';
import { type Planner, planBars, planTrades } from './plan-rows.ts';
import type { Quality, QualityRequest } from './quality.ts';
import { openReader } from './reader.ts';
import type { InstrumentRows, LakeSymbol, Rows, SqlParameters } from './rows.ts';
import { listQuality, listSymbols } from './symbols.ts';
import { openInstrumentRows, openRows } from './table.ts';
import { type Trade, type TradeRequest, tradeKinds } from './trade.ts';

export { OperationalError } from '../lake/errors.ts';
export type { Interval } from '../lake/interval.ts';
export type { Bar, BarRequest, SecondBar } from './bar.ts';
export type { Quality, QualityRequest } from './quality.ts';
export type {
  Columns,
  InstrumentRows,
  LakeSymbol,
  OfInstrument,
  Rows,
  SqlParameter,
  SqlParameters,
  Time,
  TimeSpan,
} from './rows.ts';
export type { Trade, TradeRequest, TradeSource } from './trade.ts';

export type LakeOptions = {
  /** What DuckDB may take, as it writes sizes; `512MB` by default. What does not fit is spilled to disk. */
  memoryLimit?: string | undefined;
  /** 2 by default. */
  threads?: number | undefined;
  /**
   * Whether bars and trades are those up to this moment: what no run has transformed yet is read, too, down to the part
   * being written. Needs leave to write below the lake's `state/live`. False by default.
   */
  live?: boolean | undefined;
};

/** An open lake. Everything it hands out is read while it is asked for; after `close` nothing can be read. */
export type Lake = {
  /** Bars of one instrument. Throws OperationalError where symbol, interval or span are wrong. */
  bars(request: BarRequest & { interval: '1s' }): InstrumentRows<SecondBar>;
  bars(request: BarRequest): InstrumentRows<Bar>;
  /** Trades of one instrument. Throws OperationalError where symbol or span are wrong. */
  trades(request: TradeRequest): InstrumentRows<Trade>;
  /**
   * Rows of a SELECT on the catalog, under its names. TIMESTAMP and DATE come as Date, whole numbers as number and beyond
   * 2^53 as bigint, DECIMAL as the nearest number, NULL as null. Views of the live tail are brought up to date first, and
   * refused in a lake that may only be read; `gaps` are then those known when somebody last did so.
   * Throws OperationalError with DuckDB's words.
   */
  query<Row = Record<string, unknown>>(sql: string, parameters?: SqlParameters): Rows<Row>;
  /** The instruments of the lake, by name. */
  symbols(): Promise<LakeSymbol[]>;
  /** How complete each day of each symbol is, by name and day. */
  quality(request?: QualityRequest): Rows<Quality>;
  /** Stops what is being read. */
  close(): Promise<void>;
  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
};

/** Opens the lake in the folder `root`. Throws OperationalError where there is none. */
export async function openLake(root: string, options: LakeOptions = {}): Promise<Lake> {
  const config = parseConfig(JSON.stringify({ root: resolve(root) }), {});
  await assertLake(config.root);
  const sessions = await keepSession(() => openLakeSession(config, options));
  const reader = openReader(sessions, config.root);
  const refresh = openRefresh(config);
  const isWanted = (live?: boolean) => live ?? options.live ?? false;

  /** The instrument asked for, its live tail up to date where that is wanted. */
  async function prepare(request: BarRequest | TradeRequest): Promise<Planner> {
    const instrument = findInstrument(await listAllInstruments(config.root), request);
    const isLive = isWanted(request.live);
    if (isLive) await refresh.bring([instrument]);
    return { reader, instrument, isLive };
  }

  async function* runCaller<Row>(sql: string, parameters: SqlParameters) {
    await refresh.bringFor(sql);
    yield* listObjects<Row>(
      reader.read('run query', [askCaller(sessions.session, sql, parameters)]),
    );
  }

  async function close(): Promise<void> {
    await reader.close();
    await refresh.close();
    sessions.close();
  }

  return {
    bars: (request: BarRequest): InstrumentRows<SecondBar> =>
      openInstrumentRows(
        reader,
        async () => planBars(await prepare(request), request),
        request.interval === '1s' ? secondBarKinds : barKinds,
      ),
    trades: (request) =>
      openInstrumentRows(
        reader,
        async () => planTrades(await prepare(request), request),
        tradeKinds,
      ),
    query: (sql, parameters = []) => openRows(() => runCaller(sql, parameters)),
    async symbols() {
      if (isWanted()) await refresh.bring();
      return listSymbols(reader, config.root, isWanted());
    },
    quality: (request = {}) => openRows(() => listQuality(reader, request)),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** An empty catalog would be made in whatever folder is named. */
async function assertLake(root: string): Promise<void> {
  const { folders } = await listEntries(root);
  if (folders.some((name) => ['raw', 'parquet', 'trades'].includes(name))) return;
  throw new OperationalError(`open lake ${root}: it has neither raw parts nor partitions`, {
    hint: 'name the folder that config.yml calls root; a lake that has just been started has raw parts within a minute',
  });
}
