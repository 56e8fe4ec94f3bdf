// Derives one range of seconds again, from the new trades and quotes and the known ones around them, and
// stages the days it touches.

import { addDays, type Day, formatDay, startOfDayUs, usPerDay, usPerSecond } from '../lake/day.ts';
import { partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { mergeClocks } from './clock-offset.ts';
import { type Intent, openStagingPath } from './commit.ts';
import { type Interval, mergeCoverage, type PartCoverage } from './coverage.ts';
import { loadQuoteSeconds, readPartsOfDays, selectTradePaths } from './known.ts';
import type { LedgerEntry } from './ledger.ts';
import { quoteSecondsPath } from './partitions.ts';
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

export type StagedRange = Pick<Intent, 'renames' | 'removes'> & { days: Day[] };

export async function stageRange(work: RangeWork): Promise<StagedRange> {
  return stageDays(work, await deriveRange(work));
}

/** Makes the session's trades and bars of the range, without writing them. The parts it was made of. */
export async function deriveRange(work: RangeWork): Promise<LedgerEntry[]> {
  const { session, stored, range } = work;
  await session.setVariable('range_from', range.from);
  await session.setVariable('range_to', range.to);
  await loadTrades(work);
  await loadQuoteSeconds(work, stored, range.from, range.to);
  await session.run(statements.rangeQuoteSeconds);
  const parts = await readPartsOfDays(work, dayOfSecond(range.from), dayOfSecond(range.to - 1));
  await setHeard(work, parts);
  await session.run(statements.rangeBars);
  return parts;
}

async function loadTrades(work: RangeWork): Promise<void> {
  const { session, stored, range } = work;
  const paths = selectTradePaths(work, stored.trades, range.from, range.to);
  await session.run(statements.knownCopies);
  await session.setVariable('trade_paths', paths);
  if (paths.length > 0) await session.run(statements.knownTrades);
  await session.run(statements.rangeTrades);
  if (work.isLast) await session.run(statements.forgetNewTrades);
}

/** Tells the session when the collector was listening, and when which offset of the clock held. */
async function setHeard(
  { session, range }: RangeWork,
  parts: readonly PartCoverage[],
): Promise<void> {
  const [from, to] = [range.from * usPerSecond, range.to * usPerSecond];
  const concerns = ({ fromUs, toUs }: Interval) => fromUs < to && toUs > from;
  const coverage = mergeCoverage(parts).filter(concerns);
  const clocks = mergeClocks(parts).filter(concerns);
  const lists = {
    coverage_from: coverage.map((interval) => interval.fromUs),
    coverage_to: coverage.map((interval) => interval.toUs),
    clock_from: clocks.map((stretch) => stretch.fromUs),
    clock_to: clocks.map((stretch) => stretch.toUs),
    clock_offset: clocks.map((stretch) => stretch.offsetUs),
  };
  for (const [name, values] of Object.entries(lists)) await session.setVariable(name, values);
}

async function stageDays(work: RangeWork, parts: readonly LedgerEntry[]): Promise<StagedRange> {
  const { root, instrument, discarded, stored, lastTradeIds } = work;
  const staged: StagedRange = { renames: [], removes: [], days: [] };
  const counts = await countDays(work);
  const emptied = counts.filter((count) => count.bars === 0).map(({ day }) => day);
  for (const [index, count] of counts.entries()) {
    const { day } = count;
    const knownBars = stored.bars.includes(day);
    const { renames, lastTradeId } = await stageDay({
      ...work,
      day,
      parts,
      hasBars: count.bars > 0,
      hasLaterBars:
        stored.bars.some((other) => other > day && !emptied.includes(other)) ||
        counts.slice(index + 1).some((other) => other.bars > 0),
      newTradeLines: count.tradeLines,
      knownBars,
      knownTrades: stored.trades.includes(day),
      previousTradeId: await findPreviousTradeId(work, day),
    });
    staged.renames.push(...renames);
    if (knownBars && count.bars === 0) {
      staged.removes.push(partitionPath(root, 'bars_1s', instrument, day));
      staged.removes.push(partitionManifestPath(root, 'bars_1s', instrument, day));
    }
    if (lastTradeId !== null) lastTradeIds.set(day, lastTradeId);
    if (count.quoteSeconds > 0 || discarded.has(day)) {
      staged.renames.push(await stageQuoteSeconds(work, day));
    }
    discarded.delete(day);
    staged.days.push(day);
  }
  return staged;
}

/** What a day has when the range is derived: bars, and what is new of it. */
type DayCount = { day: Day; bars: number; tradeLines: number; quoteSeconds: number };

/** The days of the range of which anything is known or new, ascending. */
async function countDays({ session, root, instrument, stored, range }: RangeWork) {
  const counts = new Map<Day, DayCount>();
  const [first, last] = [dayOfSecond(range.from), dayOfSecond(range.to - 1)];
  for (const day of [...stored.bars, ...stored.trades]) {
    const isInside = day >= first && day <= last;
    if (isInside) counts.set(day, { day, bars: 0, tradeLines: 0, quoteSeconds: 0 });
  }
  for (const row of await session.all(statements.rangeDays)) {
    const day = formatDay(Number(row.day) * usPerDay);
    const [bars, tradeLines] = [Number(row.bars), Number(row.trade_lines)];
    counts.set(day, { day, bars, tradeLines, quoteSeconds: Number(row.quote_seconds) });
  }
  for (const count of counts.values()) {
    if (count.bars > 0 || !stored.bars.includes(count.day)) continue;
    await session.setVariable('known_path', partitionPath(root, 'bars_1s', instrument, count.day));
    const [row] = await session.all(statements.countKnownBars);
    count.bars = Number(row!.bars);
  }
  return [...counts.values()].sort((a, b) => (a.day < b.day ? -1 : 1));
}

/** The last trade id of the nearest earlier day that has one. */
async function findPreviousTradeId(
  { root, instrument, stored, lastTradeIds, readManifest }: RangeWork,
  day: Day,
): Promise<number | undefined> {
  const earlier = [...stored.trades, ...lastTradeIds.keys()].filter((other) => other < day).sort();
  const last = earlier.at(-1);
  if (last === undefined) return undefined;
  const path = partitionManifestPath(root, 'trades', instrument, last);
  return lastTradeIds.get(last) ?? (await readManifest(path))?.last_trade_id ?? undefined;
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
