// When the collector was listening, in exchange time. Pure: from what the parts say of their
// connections to disjoint, ascending intervals. Receive times are shifted by each part's own clock
// offset, because the seconds of a bar are the exchange's, not ours.

import { addDays, type Day } from '../lake/day.ts';

/** One connection within one part, times in µs since the epoch. */
export type Span = {
  conn: string;
  /** Receive times between which the connection was subscribed. */
  fromUs: number;
  toUs: number;
  /** Event times of the first and last trade it delivered, null without any. */
  firstEventUs: number | null;
  lastEventUs: number | null;
  /** Whether the connection began inside this part. */
  opened: boolean;
  closed: boolean;
};

export type PartCoverage = {
  /** Day of receipt and number: the order of the parts. */
  day: Day;
  number: number;
  /** Exchange time minus receive time in this part; null where no trade tells. */
  clockOffsetUs: number | null;
  spans: readonly Span[];
};

export type Interval = { fromUs: number; toUs: number };

/** A connection that goes on in the next part leaves at most this much between the two. */
const maxSeamUs = 1_000_000;

/** Merged intervals of exchange time in which at least one connection was listening. */
export function mergeCoverage(parts: readonly PartCoverage[]): Interval[] {
  const ordered = [...parts].sort((a, b) =>
    a.day < b.day ? -1 : a.day > b.day ? 1 : a.number - b.number,
  );
  const intervals: Interval[] = [];
  let before: Map<string, { toUs: number; shiftedToUs: number }> = new Map();
  for (const [index, part] of ordered.entries()) {
    // A part of fills between two live ones parts nothing.
    if (part.spans.length === 0) continue;
    const offsetUs = findOffsetUs(ordered, index);
    const ends: typeof before = new Map();
    for (const span of part.spans) {
      const interval = shiftSpan(span, offsetUs);
      const earlier = before.get(span.conn);
      if (!span.opened && earlier !== undefined && span.fromUs - earlier.toUs <= maxSeamUs) {
        interval.fromUs = Math.min(interval.fromUs, earlier.shiftedToUs);
      }
      intervals.push(interval);
      if (!span.closed) ends.set(span.conn, { toUs: span.toUs, shiftedToUs: interval.toUs });
    }
    before = ends;
  }
  return mergeIntervals(intervals);
}

/** The stretch in which two lists of merged intervals differ, undefined where they are equal. */
export function findDifference(
  before: readonly Interval[],
  after: readonly Interval[],
): Interval | undefined {
  const isSame = (a: Interval | undefined, b: Interval | undefined) =>
    a?.fromUs === b?.fromUs && a?.toUs === b?.toUs;
  const length = Math.max(before.length, after.length);
  let head = 0;
  while (head < length && isSame(before[head], after[head])) head++;
  if (head === length) return undefined;
  let tail = 1;
  while (isSame(before.at(-tail), after.at(-tail))) tail++;
  return {
    fromUs: firstDifferenceUs(before[head], after[head]),
    toUs: lastDifferenceUs(before.at(-tail), after.at(-tail)),
  };
}

function firstDifferenceUs(a: Interval | undefined, b: Interval | undefined): number {
  if (a === undefined || b === undefined) return (a ?? b)!.fromUs;
  return a.fromUs === b.fromUs ? Math.min(a.toUs, b.toUs) : Math.min(a.fromUs, b.fromUs);
}

function lastDifferenceUs(a: Interval | undefined, b: Interval | undefined): number {
  if (a === undefined || b === undefined) return (a ?? b)!.toUs;
  return a.toUs === b.toUs ? Math.max(a.fromUs, b.fromUs) : Math.max(a.toUs, b.toUs);
}

function shiftSpan(span: Span, offsetUs: number): Interval {
  return {
    fromUs: Math.min(span.fromUs + offsetUs, span.firstEventUs ?? Number.POSITIVE_INFINITY),
    toUs: Math.max(span.toUs + offsetUs, span.lastEventUs ?? Number.NEGATIVE_INFINITY),
  };
}

/** The part's own offset, else the nearest earlier or later one within a day, else none. */
function findOffsetUs(parts: readonly PartCoverage[], index: number): number {
  const { day } = parts[index]!;
  const [earliest, latest] = [addDays(day, -1), addDays(day, 1)];
  for (let i = index; i >= 0 && parts[i]!.day >= earliest; i--) {
    const offsetUs = parts[i]!.clockOffsetUs;
    if (offsetUs !== null) return offsetUs;
  }
  for (let i = index + 1; i < parts.length && parts[i]!.day <= latest; i++) {
    const offsetUs = parts[i]!.clockOffsetUs;
    if (offsetUs !== null) return offsetUs;
  }
  return 0;
}

function mergeIntervals(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = [];
  const ordered = [...intervals].sort((a, b) => a.fromUs - b.fromUs || a.toUs - b.toUs);
  for (const { fromUs, toUs } of ordered) {
    const last = merged.at(-1);
    if (last !== undefined && fromUs <= last.toUs) last.toUs = Math.max(last.toUs, toUs);
    else if (toUs >= fromUs) merged.push({ fromUs, toUs });
  }
  return merged;
}
