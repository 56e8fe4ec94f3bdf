// What is missing between the first and the last trade that the lake has of a symbol. Holds no effects.

import { type Day, startOfDayUs, usPerDay } from '../../lake/day.ts';
import { countIds, type IdRange, mergeRanges } from './id-ranges.ts';
import type { KnownDay } from './known-ids.ts';

/** Days between two days with trades that hold none: history nobody collected, rather than a hole. */
export type UncollectedSpan = { after: Day; before: Day; ids: number };

export type Holes = { missing: IdRange[]; uncollected: UncollectedSpan[] };

/** Longer than this without any trade was not an outage. */
const maxHoleDays = 7;

/** The missing ids of days in ascending order: what their manifests name, and what lies between them. */
export function planHoles(known: readonly KnownDay[]): Holes {
  const missing: IdRange[] = [];
  const uncollected: UncollectedSpan[] = [];
  for (const [index, day] of known.entries()) {
    const before = known[index - 1];
    if (before === undefined) {
      missing.push(...day.missing);
      continue;
    }
    const between: IdRange = [before.last + 1, day.first - 1];
    const ranges = between[0] <= between[1] ? [...day.missing, between] : day.missing;
    const apart = (startOfDayUs(day.day) - startOfDayUs(before.day)) / usPerDay;
    if (apart <= maxHoleDays) missing.push(...ranges);
    else {
      missing.push(...ranges.filter(([first]) => first >= day.first));
      const ids = countIds(mergeRanges(ranges.filter(([first]) => first < day.first)));
      if (ids > 0) uncollected.push({ after: before.day, before: day.day, ids });
    }
  }
  return { missing: mergeRanges(missing), uncollected };
}
