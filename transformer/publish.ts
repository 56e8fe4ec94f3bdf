// Turns what the batches brought into partitions: finds the seconds they change, derives those again,
// and publishes the days concerned together with their manifests and the ledger, all or nothing.

import { addDays, type Day, formatDay, startOfDayUs, usPerSecond } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import {
  type Dataset,
  type Instrument,
  partitionManifestPath,
  partitionPath,
  transformStateDir,
} from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { commit, type Intent, openStagingPath } from './commit.ts';
import { findDifference, type Interval, mergeCoverage } from './coverage.ts';
import { type Ledger, type LedgerEntry, ledgerPath } from './ledger.ts';
import {
  listPartitionDays,
  listQuoteDays,
  quoteSecondsPath,
  selectNearDays,
} from './partitions.ts';
import { type Change, type Neighbours, planRange, type Range, spanChange } from './range.ts';
import { statements } from './session.ts';
import { stageDay } from './stage-day.ts';

export type Publication = {
  session: DuckdbSession;
  root: string;
  instrument: Instrument;
  ledger: Ledger;
  /** What the parts read since the last publication say. */
  fresh: readonly LedgerEntry[];
  /** Days to be derived from nothing: what stands there is not looked at. Emptied as days are written. */
  discarded: Set<Day>;
};

/** Days of an instrument that have something stored, by kind. */
type Stored = { bars: Day[]; trades: Day[]; quotes: Day[] };

/** Publishes and empties the session's new tables. */
export async function publish(publication: Publication): Promise<void> {
  const { session, root, instrument, ledger, fresh } = publication;
  const intent: Intent = { renames: [], ledger: [] };
  const stored = await listStored(publication);
  const change = await findChange(publication);
  if (change !== undefined) await stageChange(publication, stored, change, intent);
  for (const entry of fresh) {
    const path = ledgerPath(root, instrument, entry.day);
    intent.ledger.push({ path, line: JSON.stringify(entry) });
  }
  await commit(transformStateDir(root, instrument), intent);
  ledger.remember(fresh);
  await session.run(statements.tables);
}

async function listStored({ root, instrument, discarded }: Publication): Promise<Stored> {
  const keep = (days: Day[]) => days.filter((day) => !discarded.has(day));
  return {
    bars: keep(await listPartitionDays(root, 'bars_1s', instrument)),
    trades: keep(await listPartitionDays(root, 'trades', instrument)),
    quotes: keep(await listQuoteDays(root, instrument)),
  };
}

/** The seconds in which trades, quotes or the time of listening have changed. */
async function findChange(publication: Publication): Promise<Change | undefined> {
  const { session, ledger, fresh } = publication;
  const [bounds] = await session.all(statements.changeBounds);
  const known = await ledger.read(withNeighbours(fresh.map((entry) => entry.day)));
  for (const { part } of fresh) known.delete(part);
  const earlier = [...known.values()];
  const heard = findDifference(mergeCoverage(earlier), mergeCoverage([...earlier, ...fresh]));
  const second = (value: unknown) => (value == null ? undefined : Number(value));
  return spanChange([
    second(bounds?.first_trade_second),
    second(bounds?.last_trade_second),
    second(bounds?.first_quote_second),
    second(bounds?.last_quote_second),
    heard && Math.floor(heard.fromUs / usPerSecond),
    heard && Math.floor(heard.toUs / usPerSecond),
  ]);
}

async function stageChange(
  publication: Publication,
  stored: Stored,
  change: Change,
  intent: Intent,
): Promise<void> {
  const { session, instrument } = publication;
  await session.setVariable('exchange', instrument.exchange);
  await session.setVariable('symbol', instrument.symbol);
  await session.setVariable('change_from', change.from);
  await session.setVariable('change_to', change.to);
  const neighbours = await findNeighbours(publication, stored, change);
  const range = planRange(change, neighbours);
  await session.setVariable('range_from', range.from);
  await session.setVariable('range_to', range.to);
  await loadTrades(publication, stored, range);
  await loadQuoteSeconds(publication, stored, range.from, range.to);
  await session.run(statements.rangeQuoteSeconds);
  const coverage = await readCoverage(publication, stored, range, neighbours);
  await session.setVariable(
    'coverage_from',
    coverage.map((interval) => interval.fromUs),
  );
  await session.setVariable(
    'coverage_to',
    coverage.map((interval) => interval.toUs),
  );
  await session.run(statements.rangeBars);
  await stageDays(publication, stored, intent);
}

async function findNeighbours(
  publication: Publication,
  stored: Stored,
  change: Change,
): Promise<Neighbours> {
  const { session } = publication;
  const second = (value: unknown) => (value == null ? undefined : Number(value));
  const tradePaths = selectPaths(publication, stored.trades, 'trades', change.from, change.to);
  await session.setVariable('trade_paths', tradePaths);
  const [trades] = tradePaths.length > 0 ? await session.all(statements.knownNeighbours) : [];
  await loadQuoteSeconds(publication, stored, change.from, change.to);
  const [quotes] = await session.all(statements.nextQuoteSecond);
  return {
    tradeBefore: second(trades?.before),
    tradeAfter: second(trades?.after),
    quoteAfter: second(quotes?.second),
    lastBar: await findLastBar(publication, stored),
  };
}

/** Before any trade is known no second has a bar; with the first one all that were heard get one. */
async function findLastBar(publication: Publication, stored: Stored): Promise<number | undefined> {
  const { root, instrument } = publication;
  const day = stored.bars.at(-1);
  if (day === undefined) {
    const coverage = await readCoverageOf(publication, 'all');
    return coverage.length === 0 ? undefined : Math.floor(coverage.at(-1)!.toUs / usPerSecond);
  }
  const path = partitionManifestPath(root, 'bars_1s', instrument, day);
  const lastSecond = (await readPartitionManifest(path))?.last_second;
  return lastSecond == null ? undefined : Date.parse(lastSecond) / 1000;
}

async function loadTrades(publication: Publication, stored: Stored, range: Range): Promise<void> {
  const { session } = publication;
  const paths = selectPaths(publication, stored.trades, 'trades', range.from, range.to);
  await session.run(statements.knownCopies);
  await session.setVariable('trade_paths', paths);
  if (paths.length > 0) await session.run(statements.knownTrades);
  await session.run(statements.rangeTrades);
}

async function loadQuoteSeconds(
  { session, root, instrument }: Publication,
  stored: Stored,
  from: number,
  to: number,
): Promise<void> {
  const days = selectNearDays(stored.quotes, dayOfSecond(from), dayOfSecond(to));
  await session.run(statements.knownQuoteSeconds);
  if (days.length === 0) return;
  const paths = days.map((day) => quoteSecondsPath(root, instrument, day));
  await session.setVariable('quote_paths', paths);
  await session.run(statements.loadQuoteSeconds);
}

function selectPaths(
  { root, instrument }: Publication,
  days: readonly Day[],
  dataset: Dataset,
  from: number,
  to: number,
): string[] {
  return selectNearDays(days, dayOfSecond(from), dayOfSecond(to)).map((day) =>
    partitionPath(root, dataset, instrument, day),
  );
}

/**
 * When the collector was listening, from the parts that the range's days were made of. Before the first
 * known trade nothing was made of what was heard, so then all of it counts.
 */
async function readCoverage(
  publication: Publication,
  stored: Stored,
  range: Range,
  { tradeBefore }: Neighbours,
): Promise<Interval[]> {
  if (tradeBefore === undefined) return readCoverageOf(publication, 'all');
  const { root, instrument, fresh } = publication;
  const receiptDays = new Set(fresh.map((entry) => entry.day));
  for (const day of selectNearDays(stored.bars, dayOfSecond(range.from), dayOfSecond(range.to))) {
    const path = partitionManifestPath(root, 'bars_1s', instrument, day);
    for (const { part } of (await readPartitionManifest(path))?.inputs ?? []) {
      receiptDays.add(part.split('/').at(-2)!);
    }
  }
  return readCoverageOf(publication, [...receiptDays]);
}

async function readCoverageOf(
  { ledger, fresh }: Publication,
  receiptDays: readonly Day[] | 'all',
): Promise<Interval[]> {
  const days = receiptDays === 'all' ? await ledger.listDays() : withNeighbours(receiptDays);
  const entries = await ledger.read(days);
  for (const entry of fresh) entries.set(entry.part, entry);
  return mergeCoverage([...entries.values()]);
}

async function stageDays(publication: Publication, stored: Stored, intent: Intent): Promise<void> {
  const { session, root, instrument, discarded } = publication;
  const rows = await session.all(statements.rangeDays);
  let previousTradeId = await findPreviousTradeId(publication, stored, rows[0]);
  for (const row of rows) {
    const day = formatDay(Number(row.day) * 86_400 * usPerSecond);
    const staged = await stageDay({
      ...publication,
      day,
      hasBars: Number(row.bars) > 0 || stored.bars.includes(day),
      newTradeLines: Number(row.trade_lines),
      knownBars: stored.bars.includes(day),
      knownTrades: stored.trades.includes(day),
      previousTradeId,
    });
    intent.renames.push(...staged.renames);
    previousTradeId = staged.lastTradeId ?? previousTradeId;
    discarded.delete(day);
    await stageQuoteSeconds(session, quoteSecondsPath(root, instrument, day), day, intent);
  }
}

async function findPreviousTradeId(
  { root, instrument }: Publication,
  stored: Stored,
  firstRow: { day?: unknown } | undefined,
): Promise<number | undefined> {
  const first = formatDay(Number(firstRow?.day ?? 0) * 86_400 * usPerSecond);
  const day = stored.trades.filter((candidate) => candidate < first).at(-1);
  if (day === undefined) return undefined;
  const manifest = await readPartitionManifest(
    partitionManifestPath(root, 'trades', instrument, day),
  );
  return manifest?.last_trade_id ?? undefined;
}

async function stageQuoteSeconds(
  session: DuckdbSession,
  path: string,
  day: Day,
  intent: Intent,
): Promise<void> {
  const staged = await openStagingPath(path);
  await session.setVariable('day_from', startOfDayUs(day) / usPerSecond);
  await session.setVariable('day_to', startOfDayUs(addDays(day, 1)) / usPerSecond);
  await session.setVariable('output_path', staged);
  await session.run(statements.writeQuoteSeconds);
  intent.renames.push({ from: staged, to: path });
}

function withNeighbours(days: readonly Day[]): Day[] {
  return [...new Set(days.flatMap((day) => [addDays(day, -1), day, addDays(day, 1)]))].sort();
}

function dayOfSecond(second: number): Day {
  return formatDay(second * usPerSecond);
}
