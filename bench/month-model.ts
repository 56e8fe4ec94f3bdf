// A month of a lake for benchmarks and tests of what asks it: bars of a second for as many symbols and days as are
// wanted, with manifests, missing minutes and filled ones, as the transformer would have left them; no trades, no raw
// parts. The same arguments give the same rows. 13 symbols of 30 days are 33.7 million rows, made in about a minute.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { addDays, type Day, formatSecond, startOfDayUs, usPerSecond } from '../lake/day.ts';
import { type DuckdbSession, openDuckdb, readSql } from '../lake/duckdb.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { formatPartitionManifest, type PartitionManifest } from '../lake/partition-manifest.ts';
import { writeCatalog } from '../transformer/catalog.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, `${name}.sql`));
const statements = {
  walk: readOwn('month-walk'),
  bars: readOwn('month-bars'),
  day: readOwn('month-day'),
} as const;

/** The 13 majors. */
export const monthSymbols = [
  'BTC',
  'ETH',
  'BNB',
  'SOL',
  'XRP',
  'ADA',
  'DOGE',
  'AVAX',
  'DOT',
  'LINK',
  'LTC',
  'TRX',
  'ATOM',
].map((base) => `${base}USDT`);

export type Month = {
  /** The 13 majors by default. */
  symbols?: readonly string[];
  /** 30 by default. */
  days?: number;
  /** The first day; 2026-03-01 by default. */
  from?: Day;
};

const daySeconds = 86_400;
const tradesPerDay = 1_000_000;

/** Writes the partitions and the catalog below `root`; returns how many rows. */
export async function writeMonth(root: string, month: Month = {}): Promise<{ rows: number }> {
  const { symbols = monthSymbols, days = 30, from = '2026-03-01' } = month;
  let rows = 0;
  const waiting = [...symbols.entries()];
  // A day is too small for DuckDB to share it between threads, so two symbols are made at a time.
  const work = async () => {
    const spillDir = join(root, 'state', 'spill');
    const limits = { memoryLimit: '500MB', threads: 1, spillDir };
    const session = await openDuckdb({ path: ':memory:', ...limits });
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const [index, symbol] = next;
        await session.setVariable('price', Math.round(90_000 / (index + 1)));
        await session.setVariable('rotation', (index * 3607) % daySeconds);
        await session.run(statements.walk);
        for (let day = 0; day < days; day++) {
          const instrument = { exchange: 'binance', symbol };
          const written = await writeDay(session, root, instrument, index, from, day);
          rows += written;
        }
      }
    } finally {
      session.close();
    }
  };
  await Promise.all([work(), work()]);
  await writeCatalog({ root });
  return { rows };
}

async function writeDay(
  session: DuckdbSession,
  root: string,
  instrument: Instrument,
  index: number,
  from: Day,
  dayIndex: number,
): Promise<number> {
  const day = addDays(from, dayIndex);
  const path = partitionPath(root, 'bars_1s', instrument, day);
  const daySecond = startOfDayUs(day) / usPerSecond;
  // Of every tenth day a minute is missing, and the one after it was filled.
  const gapFrom = (index + dayIndex) % 10 === 3 ? 36_000 : daySeconds;
  const gapTo = gapFrom === daySeconds ? daySeconds : gapFrom + 60;
  const variables = {
    ...instrument,
    output_path: `${path}.staged`,
    seed: index * 1000 + dayIndex,
    first_trade_id: 1 + dayIndex * tradesPerDay,
    day_second: daySecond,
    gap_from: gapFrom,
    gap_to: gapTo,
  };
  mkdirSync(dirname(path), { recursive: true });
  for (const [name, value] of Object.entries(variables)) await session.setVariable(name, value);
  await session.run(statements.bars);
  const [facts] = await session.all(statements.day);
  const bytes = readFileSync(`${path}.staged`);
  const manifest: PartitionManifest = {
    schema_version: 1,
    revision: 1,
    rows: Number(facts!.rows),
    first_second: formatSecond(daySecond),
    last_second: formatSecond(daySecond + daySeconds - 1),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    inputs: listInputs(instrument, day),
    seconds_covered: Number(facts!.rows),
    through: formatSecond(daySecond + daySeconds - 1),
    seconds_missing:
      gapFrom === gapTo
        ? []
        : [[formatSecond(daySecond + gapFrom), formatSecond(daySecond + gapTo - 1)]],
    first_trade_id: Number(facts!.first_trade_id),
    last_trade_id: Number(facts!.last_trade_id),
    missing_trade_ids:
      facts!.after_gap === null
        ? []
        : [[Number(facts!.before_gap) + 1, Number(facts!.after_gap) - 1]],
    duplicates_removed: 0,
    trades_filled: 0,
    lines_quarantined: 0,
    reconcile: null,
    revisions: [],
  };
  writeFileSync(
    partitionManifestPath(root, 'bars_1s', instrument, day),
    formatPartitionManifest(manifest),
  );
  renameSync(`${path}.staged`, path);
  return manifest.rows;
}

/** A part a minute. */
function listInputs({ exchange, symbol }: Instrument, day: Day): PartitionManifest['inputs'] {
  return Array.from({ length: 1440 }, (_, minute) => {
    const part = `raw/${exchange}/${symbol}/${day}/part_${String(minute + 1).padStart(4, '0')}.jsonl`;
    return { part, sha256: createHash('sha256').update(part).digest('hex') };
  });
}
