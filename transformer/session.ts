// The transformer's DuckDB session and its statements, read once from their `.sql` files.

import { join } from 'node:path';
import type { Config } from '../lake/config.ts';
import { type DuckdbOptions, type DuckdbSession, openDuckdb, readSql } from '../lake/duckdb.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));

export const statements = {
  macros: readOwn('macros'),
  tables: readOwn('tables'),
  fillParts: readOwn('fill-parts'),
  oddParts: readOwn('odd-parts'),
  dropOddParts: readOwn('drop-odd-parts'),
  setFramesAside: readOwn('set-frames-aside'),
  rejoinFrames: readOwn('rejoin-frames'),
  partSpans: readOwn('part-spans'),
  partClocks: readOwn('part-clocks'),
  partTradeDays: readOwn('part-trade-days'),
  badLines: readOwn('bad-lines'),
  dropDoneTrades: readOwn('drop-done-trades'),
  collectTrades: readOwn('collect-trades'),
  collectQuotes: readOwn('collect-quotes'),
  hasCopiedQuotes: readOwn('has-copied-quotes'),
  collectCopiedQuotes: readOwn('collect-copied-quotes'),
  dropFrames: readOwn('drop-frames'),
  countPendingTrades: readOwn('count-pending-trades'),
  changeBounds: readOwn('change-bounds'),
  knownCopies: readOwn('known-copies'),
  knownQuoteSeconds: readOwn('known-quote-seconds'),
  loadQuoteSeconds: readOwn('load-quote-seconds'),
  knownNeighbours: readOwn('known-neighbours'),
  knownTrades: readOwn('known-trades'),
  rangeTrades: readOwn('range-trades'),
  forgetNewTrades: readOwn('forget-new-trades'),
  rangeQuoteSeconds: readOwn('range-quote-seconds'),
  rangeBars: readOwn('range-bars'),
  knownBars: readOwn('known-bars'),
  noKnownBars: readOwn('no-known-bars'),
  knownDayTrades: readOwn('known-day-trades'),
  noKnownDayTrades: readOwn('no-known-day-trades'),
  rangeDays: readOwn('range-days'),
  countKnownBars: readOwn('count-known-bars'),
  nextQuoteSecond: readOwn('next-quote-second'),
  writeTrades: readOwn('write-trades'),
  writeFirstTrades: readOwn('write-first-trades'),
  writeBars: readOwn('write-bars'),
  writeQuoteSeconds: readOwn('write-quote-seconds'),
  comparedBars: readOwn('compared-bars'),
  comparedTrades: readOwn('compared-trades'),
  changedSeconds: readOwn('changed-seconds'),
  quoteSecondsOfBars: readOwn('quote-seconds-of-bars'),
  tradesSummary: readOwn('trades-summary'),
  barsSummary: readOwn('bars-summary'),
  missingTrades: readOwn('missing-trades'),
} as const;

/** How a venue's raw lines and the rows of fills in them read: the fast way, and any. */
export type VenueSql = { frames: string; framesAny: string; fills: string; fillsAny: string };

export function readVenueSql(sqlDir: string): VenueSql {
  return {
    frames: readSql(join(sqlDir, 'frames.sql')),
    framesAny: readSql(join(sqlDir, 'frames-any.sql')),
    fills: readSql(join(sqlDir, 'fills.sql')),
    fillsAny: readSql(join(sqlDir, 'fills-any.sql')),
  };
}

/** A session within the given limits, else the configured memory and threads; macros defined. */
export async function openTransformSession(
  config: Pick<Config, 'root' | 'transformer'>,
  limits: Pick<DuckdbOptions, 'memoryLimit' | 'threads'> = {
    memoryLimit: config.transformer.memory_limit,
    threads: config.transformer.threads,
  },
): Promise<DuckdbSession> {
  const spillDir = join(config.root, 'state', 'spill');
  const session = await openDuckdb({ path: ':memory:', ...limits, spillDir });
  // DuckDB takes its nested loop for inputs it believes to be small, and generated seconds look small.
  await session.setOption('asof_loop_join_threshold', '0');
  await session.setVariable('compression', config.transformer.compression);
  await session.run(statements.macros);
  return session;
}
