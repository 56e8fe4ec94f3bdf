// Which days of a history are there already, and which ids of a day are. Holds no effects.

import { addDays, type Day } from '../../lake/day.ts';
import { type IdRange, intersectRanges, mergeRanges, subtractRanges } from './id-ranges.ts';
import type { KnownDay } from './known-ids.ts';
import type { TakenFile } from './taken-files.ts';

export function listDays(from: Day, to: Day): Day[] {
  const days: Day[] = [];
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day);
  return days;
}

/**
 * Whether the day is in the lake as a whole: every second of it has a bar and no id is missing, or
 * everything its archive file holds is there.
 */
export function isDayWhole(known: KnownDay | undefined, taken: TakenFile | undefined): boolean {
  if (taken !== undefined && taken.first === null) return true;
  if (known === undefined) return false;
  if (known.secondsMissing === 0 && known.missing.length === 0) return true;
  if (taken === undefined || taken.first === null || taken.last === null) return false;
  if (known.first > taken.first || known.last < taken.last) return false;
  const file: IdRange = [taken.first, taken.last];
  return subtractRanges(intersectRanges(known.missing, [file]), taken.missing).length === 0;
}

/** All ids the lake has. */
export function listKnownIds(known: readonly KnownDay[]): IdRange[] {
  const whole = known.map(({ first, last }): IdRange => [first, last]);
  return subtractRanges(
    mergeRanges(whole),
    known.flatMap(({ missing }) => missing),
  );
}
