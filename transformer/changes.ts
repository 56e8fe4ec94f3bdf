// Finds which seconds a publication has to derive again: where new trades and quotes lie, where more or
// less was heard or the clock was measured otherwise, and from there to the nearest known trades and
// quotes on either side.

import { addDays, type Day, startOfDayUs, usPerSecond } from '../lake/day.ts';
import { partitionManifestPath } from '../lake/layout.ts';
import { mergeClocks } from './clock-offset.ts';
import { findDifferences, mergeCoverage } from './coverage.ts';
import { loadQuoteSeconds, readAllParts, readPartsAround, selectTradePaths } from './known.ts';
import { findTouchedSecond, listTouchedDays } from './partition-record.ts';
import { readInputs } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import {
  type Change,
  dayOfSecond,
  joinChanges,
  listHeardChanges,
  mergeChanges,
  mergeRanges,
  type Neighbours,
  planRange,
  type Range,
} from './range.ts';
import { statements } from './session.ts';
import { findAwayNeighbours, listNeededAway } from './unavailable.ts';

/** A day that changes, and the days that are away without which that cannot be derived. */
export type Wait = { day: Day; needs: Day[] };

/** Ranges of seconds to derive again, ascending, no two of them on the same day; and what has to wait. */
export async function findRanges(
  publication: Publication,
  stored: Stored,
): Promise<{ ranges: Range[]; waits: Wait[] }> {
  const ranges: Range[] = [];
  const waits: Wait[] = [];
  const changes = await findChanges(publication, stored);
  for (const [index, change] of changes.entries()) {
    const day = dayOfSecond(change.from);
    // Its nearest trades are in it: whether other days are needed is known when it is back.
    if (publication.away.has(day)) {
      waits.push({ day, needs: [day] });
      continue;
    }
    const known = await findNeighbours(publication, stored, change);
    const range = planRange(change, joinChanges(known, changes, index));
    const needs = await listNeededAway(publication, stored, range);
    if (needs.length > 0) waits.push({ day, needs });
    else ranges.push(range);
  }
  return { ranges: mergeRanges(ranges), waits };
}

async function findChanges(publication: Publication, stored: Stored): Promise<Change[]> {
  const { session, fresh } = publication;
  const bounds = await session.all(statements.changeBounds);
  const changes = bounds.map(
    (row): Change => ({
      from: Number(row.first_second),
      to: Number(row.last_second),
      hasTrades: row.what === 'trades',
      hasQuotes: row.what === 'quotes',
    }),
  );
  const after = await readPartsAround(
    publication,
    fresh.map((entry) => entry.day),
  );
  const names = new Set(fresh.map((entry) => entry.part));
  const before = after.filter((entry) => !names.has(entry.part));
  const heard = findDifferences(mergeCoverage(before), mergeCoverage(after));
  const clocks = findDifferences(
    mergeClocks(before),
    mergeClocks(after),
    (a, b) => a.offsetUs === b.offsetUs,
  );
  changes.push(...listHeardChanges([...heard, ...clocks]));
  return mergeChanges([...changes, ...(await listMentions(publication, stored, changes))]);
}

/**
 * A day of which a new part says only what was known names it all the same among what it was made of. A
 * second of it is derived again for that.
 */
async function listMentions(
  { root, instrument, fresh }: Publication,
  stored: Stored,
  changes: readonly Change[],
): Promise<Change[]> {
  const changed = new Set(changes.map(({ from }) => dayOfSecond(from)));
  const standing = new Set([...stored.bars, ...stored.trades]);
  const mentions: Change[] = [];
  for (const entry of fresh) {
    for (const day of listTouchedDays(entry)) {
      if (changed.has(day) || !standing.has(day)) continue;
      const known = (await readInputs(root, instrument, day)).get(entry.part);
      if (known?.sha256 === entry.sha256) continue;
      const from = findTouchedSecond(entry, day);
      mentions.push({ from, to: from, hasTrades: false, hasQuotes: false });
    }
  }
  return mentions;
}

async function findNeighbours(
  publication: Publication,
  stored: Stored,
  change: Change,
): Promise<Neighbours> {
  const { session } = publication;
  const second = (value: unknown) => (value == null ? undefined : Number(value));
  await session.setVariable('change_from', change.from);
  await session.setVariable('change_to', change.to);
  const tradePaths = selectTradePaths(publication, stored.trades, change.from, change.to);
  await session.setVariable('trade_paths', tradePaths);
  const [trades] = tradePaths.length > 0 ? await session.all(statements.knownNeighbours) : [];
  await loadQuoteSeconds(publication, stored, change.from, change.to);
  const [quotes] = await session.all(statements.nextQuoteSecond);
  const away = await findAwayNeighbours(publication, stored, change);
  return {
    tradeBefore: second(trades?.before) ?? away.before,
    tradeAfter: second(trades?.after) ?? away.after,
    quoteAfter: second(quotes?.second),
    lastBar: await findLastBar(publication, stored),
  };
}

/** Before any trade is known no second has a bar; with the first one all that were heard get one. */
async function findLastBar(publication: Publication, stored: Stored): Promise<number | undefined> {
  const known = publication.tail?.lastBar ?? (await findLastStoredBar(publication, stored));
  if (known !== undefined || stored.bars.length > 0) return known;
  const coverage = mergeCoverage(await readAllParts(publication));
  return coverage.length === 0 ? undefined : Math.floor(coverage.at(-1)!.toUs / usPerSecond);
}

/** Last second that has a bar in a partition. */
export async function findLastStoredBar(
  {
    root,
    instrument,
    away,
    readManifest,
  }: Pick<Publication, 'root' | 'instrument' | 'away' | 'readManifest'>,
  stored: Stored,
): Promise<number | undefined> {
  const day = stored.bars.at(-1);
  if (day === undefined) return undefined;
  // What is not known to end earlier reaches to the end of its day, and is needed.
  if (away.has(day)) return startOfDayUs(addDays(day, 1)) / usPerSecond - 1;
  const path = partitionManifestPath(root, 'bars_1s', instrument, day);
  const lastSecond = (await readManifest(path))?.last_second;
  return lastSecond == null ? undefined : Date.parse(lastSecond) / 1000;
}
