// Which finished days are to be copied: those that are over and settled, whose parts are transformed and
// whose trades are complete; or whatever there is after a time of waiting, since a later revision is
// copied again. Holds no effects.

import { addDays, type Day, startOfDayUs } from '../../lake/day.ts';

export type DueRules = { nowUs: number; settleMinutes: number; waitHours: number };

/** Inclusive range of trade ids. */
export type Ids = readonly [first: number, last: number];

/** What is known of a day of an instrument. */
export type DayFacts = {
  /** Sealed parts that may hold trades of the day and are not transformed, or changed since. */
  untransformed: number;
  /** Parts of the day that somebody still writes, or left when he died. */
  open: number;
  /** First and last trade id of its partition; null where it has none. */
  ids: Ids | null;
  /** Ids its manifests call missing. */
  missing: number;
  /** What the collector knows to be missing of the instrument, of all days. */
  gaps: readonly Ids[];
};

/** Why the day waits; undefined where it is due. */
export function findHold(day: Day, facts: DayFacts, rules: DueRules): string | undefined {
  const isPatient = rules.nowUs < endOfDayUs(day) + rules.waitHours * 3_600_000_000;
  return isSettled(day, rules) ? (isPatient ? findLack(facts) : undefined) : unsettled;
}

/** When the day is sent although it lacks something; while it is not settled, when it is looked at again. */
export function findHoldEndUs(day: Day, rules: DueRules): number {
  const { settleMinutes, waitHours } = rules;
  const waitUs = isSettled(day, rules) ? waitHours * 3_600_000_000 : settleMinutes * 60_000_000;
  return endOfDayUs(day) + waitUs;
}

export const unsettled = 'the day is not over long enough';

/** Whether so much time has passed since the end of the day that late trades are in. */
export function isSettled(day: Day, { nowUs, settleMinutes }: DueRules): boolean {
  return nowUs >= endOfDayUs(day) + settleMinutes * 60_000_000;
}

export function endOfDayUs(day: Day): number {
  return startOfDayUs(addDays(day, 1));
}

function findLack(facts: DayFacts): string | undefined {
  const { untransformed, open, ids, missing, gaps } = facts;
  if (open > 0) return `${open} of its raw parts are not sealed yet`;
  if (untransformed > 0) return `${untransformed} of its raw parts are not transformed yet`;
  // A gap beside its first or last trade may be of this day.
  const own = gaps.filter(([from, to]) => ids === null || (to >= ids[0] - 1 && from <= ids[1] + 1));
  if (own.length > 0) return `the collector is still filling ${own.length} gaps of it`;
  if (missing > 0) return `${missing} trades of it are missing`;
  return undefined;
}
