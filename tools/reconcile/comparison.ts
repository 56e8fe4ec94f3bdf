// The comparison of one day of an instrument, in DuckDB: our bars and the exchange's klines go in, what
// they do not agree on comes out, and is kept beside what earlier comparisons have found. The rules are
// in the SQL; here they are only run in order.

import { join } from 'node:path';
import type { Kline } from '../../exchanges/rest.ts';
import type { Config } from '../../lake/config.ts';
import { formatSecond } from '../../lake/day.ts';
import { type DuckdbSession, openDuckdb, readSql } from '../../lake/duckdb.ts';
import type { Span } from './spans.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));
const statements = {
  tables: readOwn('tables'),
  loadRecorded: readOwn('load-recorded'),
  forgetKlines: readOwn('forget-klines'),
  loadSpans: readOwn('load-spans'),
  loadBars: readOwn('load-bars'),
  compare: readOwn('compare'),
  disputed: readOwn('disputed'),
  archiveDefects: readOwn('archive-defects'),
  firstYoung: readOwn('first-young'),
  dropYoung: readOwn('drop-young'),
  merge: readOwn('merge'),
  disputedCounts: readOwn('disputed-counts'),
  judgeKlines: readOwn('judge-klines'),
  unresolvedSeconds: readOwn('unresolved-seconds'),
  unresolvedRows: readOwn('unresolved-rows'),
  summary: readOwn('summary'),
  defectRanges: readOwn('defect-ranges'),
  writeRecorded: readOwn('write-recorded'),
} as const;

export type KlineSource = 'rest' | 'archive';

/** The state of a day, as its manifests and its file say it. */
export type DaySummary = {
  seconds_compared: number;
  differences: number;
  missing_here: number;
  missing_there: number;
  defects: number;
  resolved: number;
  /** Rows of all kinds and states. */
  recorded: number;
};

export type UnresolvedRow = {
  second: string;
  column_name: string;
  ours: number | null;
  theirs: number | null;
  kind: string;
};

export type DefectRange = { kind: string; first_second: string; last_second: string };

export type Comparison = {
  /** Begins a day: forgets the one before, reads what is known of it and our bars. */
  begin(barsPath: string, recordedPath: string | undefined): Promise<void>;
  /** Reads our bars again, after they were derived anew. */
  reloadBars(barsPath: string): Promise<void>;
  addKlines(source: KlineSource, klines: AsyncIterable<Kline>): Promise<void>;
  forgetKlines(): Promise<void>;
  /** The seconds of the spans of which REST has to be asked, because the archive does not agree. */
  findDisputed(spans: readonly Span[]): Promise<Span[]>;
  /**
   * Compares the spans. What differs at `settledBefore` or later is left to the next run: returns the
   * second before which the comparison stands, undefined for all of it.
   */
  compare(
    spans: readonly Span[],
    source: KlineSource,
    settledBefore: number,
    checkedUs: number,
  ): Promise<number | undefined>;
  findUnresolved(): Promise<Span[]>;
  /** Seconds in which a kline counts other trades than we have; the first 100. */
  findDisputedCounts(): Promise<number[]>;
  /** Takes the exchange's own count of trades for the judge between its klines and our bars. */
  judgeKlines(counted: readonly { second: number; trades: number }[]): Promise<void>;
  /** The state of the day after comparisons of `compared`. */
  summarize(compared: readonly Span[]): Promise<DaySummary>;
  /** The first 20 of each. */
  listUnresolved(): Promise<UnresolvedRow[]>;
  listDefects(): Promise<DefectRange[]>;
  writeRecorded(path: string, exchange: string, symbol: string): Promise<void>;
  close(): void;
};

/** Opens the session all comparisons of a run share, within the transformer's memory and threads. */
export async function openComparison(config: Config): Promise<Comparison> {
  const session = await openDuckdb({
    path: ':memory:',
    memoryLimit: config.transformer.memory_limit,
    threads: config.transformer.threads,
    spillDir: join(config.root, 'state', 'spill'),
  });
  await session.setVariable('compression', config.transformer.compression);
  await session.run(statements.tables);
  let ordinal = 0;
  return {
    async begin(barsPath, recordedPath) {
      await session.run(statements.tables);
      ordinal = 0;
      await loadBars(session, barsPath);
      if (recordedPath === undefined) return;
      await session.setVariable('recorded_path', recordedPath);
      await session.run(statements.loadRecorded);
    },
    reloadBars: (barsPath) => loadBars(session, barsPath),
    async addKlines(source, klines) {
      ordinal = await appendKlines(session, source, klines, ordinal);
    },
    forgetKlines: () => session.run(statements.forgetKlines),
    async findDisputed(spans) {
      await loadSpans(session, spans);
      await session.run(statements.compare);
      return (await session.all(statements.disputed)).map(toSpan);
    },
    async compare(spans, source, settledBefore, checkedUs) {
      await loadSpans(session, spans);
      await session.run(statements.compare);
      if (source === 'archive') await session.run(statements.archiveDefects);
      await session.setVariable('settled_before', settledBefore);
      const [young] = await session.all(statements.firstYoung);
      if (young?.second != null) {
        await session.run(statements.dropYoung);
        const to = Number(young.second);
        await loadSpans(
          session,
          spans.map((span) => ({ ...span, to: Math.min(span.to, to) })),
        );
      }
      await session.setVariable('checked_us', checkedUs);
      await session.setVariable('source', source);
      await session.run(statements.merge);
      return young?.second == null ? undefined : Number(young.second);
    },
    async findUnresolved() {
      const rows = await session.all(statements.unresolvedSeconds);
      return rows.map(({ second }) => ({ from: Number(second), to: Number(second) + 1 }));
    },
    async findDisputedCounts() {
      return (await session.all(statements.disputedCounts)).map(({ second }) => Number(second));
    },
    async judgeKlines(counted) {
      await session.setVariable(
        'counted_seconds',
        counted.map(({ second }) => second),
      );
      await session.setVariable(
        'counted_trades',
        counted.map(({ trades }) => trades),
      );
      await session.run(statements.judgeKlines);
    },
    async summarize(compared) {
      await loadSpans(session, compared);
      const [row] = await session.all(statements.summary);
      const counts = Object.entries(row!).map(([name, value]) => [name, Number(value)]);
      return Object.fromEntries(counts) as DaySummary;
    },
    async listUnresolved() {
      const rows = await session.all(statements.unresolvedRows);
      return rows.map((row) => {
        return { ...row, second: formatSecond(Number(row.second)) } as UnresolvedRow;
      });
    },
    async listDefects() {
      const rows = await session.all(statements.defectRanges);
      return rows.map(({ kind, first_second, last_second }) => ({
        kind: String(kind),
        first_second: formatSecond(Number(first_second)),
        last_second: formatSecond(Number(last_second)),
      }));
    },
    async writeRecorded(path, exchange, symbol) {
      await session.setVariable('output_path', path);
      await session.setVariable('exchange', exchange);
      await session.setVariable('symbol', symbol);
      await session.run(statements.writeRecorded);
    },
    close: session.close,
  };
}

async function loadBars(session: DuckdbSession, path: string): Promise<void> {
  await session.setVariable('bars_path', path);
  await session.run(statements.loadBars);
}

async function loadSpans(session: DuckdbSession, spans: readonly Span[]): Promise<void> {
  await session.setVariable(
    'spans_from',
    spans.map(({ from }) => from),
  );
  await session.setVariable(
    'spans_to',
    spans.map(({ to }) => to),
  );
  await session.run(statements.loadSpans);
}

function toSpan(row: Record<string, unknown>): Span {
  return { from: Number(row.from_second), to: Number(row.to_second) };
}

async function appendKlines(
  session: DuckdbSession,
  source: KlineSource,
  klines: AsyncIterable<Kline>,
  firstOrdinal: number,
): Promise<number> {
  let ordinal = firstOrdinal;
  const appender = await session.connection.createAppender('klines', 'main', 'temp');
  try {
    for await (const kline of klines) {
      appender.appendVarchar(source);
      appender.appendBigInt(BigInt(ordinal++));
      appender.appendBigInt(BigInt(Math.floor(kline.openUs / 1e6)));
      for (const text of [kline.open, kline.high, kline.low, kline.close]) {
        appender.appendVarchar(text);
      }
      appender.appendVarchar(kline.volumeBase);
      appender.appendVarchar(kline.volumeQuote);
      appender.appendVarchar(kline.takerBuyBase);
      appender.appendVarchar(kline.takerBuyQuote);
      appender.appendBigInt(BigInt(kline.tradeCount));
      appender.endRow();
    }
  } finally {
    appender.closeSync();
  }
  return ordinal;
}
