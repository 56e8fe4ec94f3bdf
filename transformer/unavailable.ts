// What a range of seconds needs of days that are away, or damaged beyond repair: their manifests may be here,
// their trades are not. A range that needs one is not derived, for it would be derived wrongly.

import { type Day, startOfDayUs, usPerDay, usPerSecond } from '../lake/day.ts';
import { OperationalError } from '../lake/errors.ts';
import { partitionManifestPath } from '../lake/layout.ts';
import type { PartitionManifest } from '../lake/partition-manifest.ts';
import { marginSeconds } from './known.ts';
import { selectNearDays } from './partitions.ts';
import type { Publication, Stored } from './publication.ts';
import { type Change, dayOfSecond, type Range } from './range.ts';

/** The days that are away and that the range cannot be derived without, ascending. */
export async function listNeededAway(
  publication: Publication,
  stored: Stored,
  range: Range,
): Promise<Day[]> {
  const { away } = publication;
  if (away.size === 0) return [];
  const [first, last] = [dayOfSecond(range.from), dayOfSecond(range.to - 1)];
  const needed = new Set([...away].filter((day) => day >= first && day <= last));
  const near = selectNearDays(stored.trades, dayOfSecond(range.from), dayOfSecond(range.to));
  const before = near.find((day) => day < dayOfSecond(range.from));
  if (before !== undefined && away.has(before)) {
    const own = await readTrades(publication, stored, dayOfSecond(range.from));
    const isCovered = own?.first != null && own.first < range.from - marginSeconds;
    if (!isCovered) needed.add(before);
  }
  const after = near.find((day) => day > dayOfSecond(range.to));
  if (after !== undefined && away.has(after)) {
    const own = await readTrades(publication, stored, dayOfSecond(range.to));
    const isCovered = own?.last != null && own.last >= range.to + marginSeconds;
    if (!isCovered) needed.add(after);
  }
  return [...needed].sort();
}

/**
 * The seconds of the trades nearest to the change in days that are away, by their manifests: undefined where
 * no such day is the nearest one with trades. A change within a day that is away has them in it.
 */
export async function findAwayNeighbours(
  publication: Publication,
  stored: Stored,
  change: Change,
): Promise<{ before: number | undefined; after: number | undefined }> {
  const day = dayOfSecond(change.from);
  const before = stored.trades.filter((other) => other < day).at(-1);
  const after = stored.trades.find((other) => other > day);
  const read = async (other: Day | undefined) =>
    other !== undefined && publication.away.has(other)
      ? readTrades(publication, stored, other)
      : undefined;
  return {
    before: (await read(before))?.last ?? undefined,
    after: (await read(after))?.first ?? undefined,
  };
}

/** The first and last second with a trade of a day that has trades. */
async function readTrades(
  { root, instrument, readManifest }: Publication,
  stored: Stored,
  day: Day,
): Promise<{ first: number | null; last: number | null } | undefined> {
  if (!stored.trades.includes(day)) return undefined;
  const path = partitionManifestPath(root, 'trades', instrument, day);
  const manifest = await readManifest(path).catch(ignoreDamaged);
  if (manifest !== undefined) {
    return { first: parse(manifest.first_second), last: parse(manifest.last_second) };
  }
  // Nothing says where they are: up to the ends of the day, so that it is needed.
  const start = startOfDayUs(day) / usPerSecond;
  return { first: start, last: start + usPerDay / usPerSecond - 1 };
}

/** Who needs the day is told that it is damaged. */
function ignoreDamaged(thrown: unknown): undefined {
  if (!(thrown instanceof OperationalError)) throw thrown;
}

function parse(second: PartitionManifest['first_second']): number | null {
  return second === null ? null : Date.parse(second) / 1000;
}
