// Derives one range of seconds again, from the new trades and quotes and the known ones around them, and
// stages the days it touches.

import { addDays, type Day, formatDay, startOfDayUs, usPerSecond } from '../lake/day.ts';
import { partitionManifestPath } from '../lake/layout.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { mergeClocks } from './clock-offset.ts';
import { type Intent, openStagingPath } from './commit.ts';
import { mergeCoverage, type PartCoverage } from './coverage.ts';
import { loadQuoteSeconds, readAllParts, readParts, selectPaths } from './known.ts';
import { quoteSecondsPath, selectNearDays } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import { dayOfSecond, type Range } from './range.ts';
import { statements } from './session.ts';
import { stageDay } from './stage-day.ts';

export type RangeWork = Publication & {
  stored: Stored;
  range: Range;
  /** Whether it is the last range of the publication. */
  isLast: boolean;
  /** The last trade ids of the days that earlier ranges have staged. Added to. */
  lastTradeIds: Map<Day, number>;
};

export type StagedRange = { renames: Intent['renames']; days: Day[] };

export async function stageRange(work: RangeWork): Promise<StagedRange> {
  await deriveRange(work);
  return stageDays(work);
}

/** Makes the session's trades and bars of the range, without writing them. */
export async function deriveRange(work: RangeWork): Promise<void> {
  const { session, stored, range } = work;
  await session.setVariable('range_from', range.from);
  await session.setVariable('range_to', range.to);
  await loadTrades(work);
  await loadQuoteSeconds(work, stored, range.from, range.to);
  await session.run(statements.rangeQuoteSeconds);
  const parts = range.isFirst ? await readAllParts(work) : await readRangeParts(work);
  await setHeard(work, parts);
  await session.run(statements.rangeBars);
}

async function loadTrades(work: RangeWork): Promise<void> {
  const { session, stored, range } = work;
  const paths = selectPaths(work, stored.trades, 'trades', range.from, range.to);
  await session.run(statements.knownCopies);
  await session.setVariable('trade_paths', paths);
  if (paths.length > 0) await session.run(statements.knownTrades);
  await session.run(statements.rangeTrades);
  if (work.isLast) await session.run(statements.forgetNewTrades);
}

/**
 * The parts that the range's days were made of. Before the first known trade nothing was made of what
 * was heard, so then all parts count.
 */
async function readRangeParts(work: RangeWork): Promise<PartCoverage[]> {
  const { root, instrument, fresh, stored, range } = work;
  const receiptDays = new Set(fresh.map((entry) => entry.day));
  for (const day of selectNearDays(stored.bars, dayOfSecond(range.from), dayOfSecond(range.to))) {
    const path = partitionManifestPath(root, 'bars_1s', instrument, day);
    for (const { part } of (await readPartitionManifest(path))?.inputs ?? []) {
      receiptDays.add(part.split('/').at(-2)!);
    }
  }
  return readParts(work, receiptDays);
}

/** Tells the session when the collector was listening, and when which offset of the clock held. */
async function setHeard({ session }: RangeWork, parts: readonly PartCoverage[]): Promise<void> {
  const coverage = mergeCoverage(parts);
  const clocks = mergeClocks(parts);
  const lists = {
    coverage_from: coverage.map((interval) => interval.fromUs),
    coverage_to: coverage.map((interval) => interval.toUs),
    clock_from: clocks.map((stretch) => stretch.fromUs),
    clock_to: clocks.map((stretch) => stretch.toUs),
    clock_offset: clocks.map((stretch) => stretch.offsetUs),
  };
  for (const [name, values] of Object.entries(lists)) await session.setVariable(name, values);
}

async function stageDays(work: RangeWork): Promise<StagedRange> {
  const { session, discarded, stored, lastTradeIds } = work;
  const renames: Intent['renames'] = [];
  const days: Day[] = [];
  const rows = await session.all(statements.rangeDays);
  for (const [index, row] of rows.entries()) {
    const day = formatDay(Number(row.day) * 86_400 * usPerSecond);
    const knownBars = stored.bars.includes(day);
    const staged = await stageDay({
      ...work,
      day,
      hasBars: Number(row.bars) > 0 || knownBars,
      hasLaterBars:
        stored.bars.some((other) => other > day) ||
        rows.slice(index + 1).some((other) => Number(other.bars) > 0),
      newTradeLines: Number(row.trade_lines),
      knownBars,
      knownTrades: stored.trades.includes(day),
      previousTradeId: await findPreviousTradeId(work, day),
    });
    renames.push(...staged.renames);
    if (staged.lastTradeId !== null) lastTradeIds.set(day, staged.lastTradeId);
    if (Number(row.quote_seconds) > 0 || discarded.has(day)) {
      renames.push(await stageQuoteSeconds(work, day));
    }
    discarded.delete(day);
    days.push(day);
  }
  return { renames, days };
}

/** The last trade id of the nearest earlier day that has one. */
async function findPreviousTradeId(
  { root, instrument, stored, lastTradeIds }: RangeWork,
  day: Day,
): Promise<number | undefined> {
  const earlier = [...stored.trades, ...lastTradeIds.keys()].filter((other) => other < day).sort();
  const last = earlier.at(-1);
  if (last === undefined) return undefined;
  const path = partitionManifestPath(root, 'trades', instrument, last);
  return lastTradeIds.get(last) ?? (await readPartitionManifest(path))?.last_trade_id ?? undefined;
}

async function stageQuoteSeconds(
  { session, root, instrument }: RangeWork,
  day: Day,
): Promise<Intent['renames'][number]> {
  const path = quoteSecondsPath(root, instrument, day);
  const staged = await openStagingPath(path);
  await session.setVariable('day_from', startOfDayUs(day) / usPerSecond);
  await session.setVariable('day_to', startOfDayUs(addDays(day, 1)) / usPerSecond);
  await session.setVariable('output_path', staged);
  await session.run(statements.writeQuoteSeconds);
  return { from: staged, to: path };
}
