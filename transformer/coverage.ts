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
  /** Measurements of the clock while the part was written, exchange time minus receive time. */
  clocks: readonly { recvUs: number; offsetUs: number }[];
  spans: readonly Span[];
};

export type Interval = { fromUs: number; toUs: number };

/** A connection that goes on in the next part leaves at most this much between the two. */
const maxSeamUs = 1_000_000;

/** The clock counts as set between two parts whose offsets differ by more; receive times then say nothing. */
const maxDriftUs = 5_000_000;

/**
 * Where a connection was when its part ended without it, by receive time and by exchange time. Kept by the
 * name of the connection until the day after: two collectors name theirs alike, and imported parts lie
 * between a collector's own. How many parts lie between says nothing: they are cut anywhere.
 */
type OpenEnd = { day: Day; toUs: number; offsetUs: number; shiftedToUs: number };

/** In the order in which they were written. */
export function orderParts(parts: readonly PartCoverage[]): PartCoverage[] {
  return [...parts].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.number - b.number));
}

/** Merged intervals of exchange time in which at least one connection was listening. */
export function mergeCoverage(parts: readonly PartCoverage[]): Interval[] {
  const ordered = orderParts(parts);
  const intervals: Interval[] = [];
  const openEnds = new Map<string, OpenEnd[]>();
  for (const [index, part] of ordered.entries()) {
    const offsetUs = findOffsetUs(ordered, index) ?? 0;
    const earliest = addDays(part.day, -1);
    for (const span of part.spans) {
      const interval = shiftSpan(span, offsetUs);
      const ends = (openEnds.get(span.conn) ?? []).filter((end) => end.day >= earliest);
      openEnds.set(span.conn, ends);
      const begin = { fromUs: span.fromUs, offsetUs, shiftedFromUs: interval.fromUs };
      const earlier = span.opened ? undefined : takeNearestEnd(ends, begin);
      if (earlier !== undefined) {
        interval.fromUs = Math.min(interval.fromUs, earlier.shiftedToUs);
      }
      intervals.push(interval);
      if (span.closed) continue;
      ends.push({ day: part.day, toUs: span.toUs, offsetUs, shiftedToUs: interval.toUs });
    }
  }
  return mergeIntervals(intervals);
}

type Begin = { fromUs: number; offsetUs: number; shiftedFromUs: number };

/** Takes out the end that the span goes on from, where there is one. */
function takeNearestEnd(ends: OpenEnd[], begin: Begin): OpenEnd | undefined {
  let nearest = -1;
  let nearestUs = maxSeamUs;
  for (const [index, end] of ends.entries()) {
    const seamUs = findSeamUs(end, begin);
    if (seamUs <= nearestUs) [nearest, nearestUs] = [index, seamUs];
  }
  return nearest >= 0 ? ends.splice(nearest, 1)[0] : undefined;
}

/** How far apart two parts are, by exchange time or, where one clock counted through, by receive time. */
function findSeamUs(earlier: OpenEnd, begin: Begin): number {
  const shiftedUs = Math.abs(begin.shiftedFromUs - earlier.shiftedToUs);
  const isSet = Math.abs(begin.offsetUs - earlier.offsetUs) > maxDriftUs;
  return isSet ? shiftedUs : Math.min(shiftedUs, Math.abs(begin.fromUs - earlier.toUs));
}

/**
 * The stretches in which two lists of disjoint, ascending intervals differ: only one of them is there, or
 * what they say there is not the same.
 */
export function findDifferences<T extends Interval>(
  before: readonly T[],
  after: readonly T[],
  isSame: (a: T, b: T) => boolean = () => true,
): Interval[] {
  const bounds = new Set([...before, ...after].flatMap(({ fromUs, toUs }) => [fromUs, toUs]));
  const ascending = [...bounds].sort((a, b) => a - b);
  const differences: Interval[] = [];
  let [old, next] = [0, 0];
  for (const [index, fromUs] of ascending.slice(0, -1).entries()) {
    const toUs = ascending[index + 1]!;
    while (old < before.length && before[old]!.toUs <= fromUs) old++;
    while (next < after.length && after[next]!.toUs <= fromUs) next++;
    const [a, b] = [findAt(before[old], fromUs), findAt(after[next], fromUs)];
    if (a === b || (a !== undefined && b !== undefined && isSame(a, b))) continue;
    if (differences.at(-1)?.toUs === fromUs) differences.at(-1)!.toUs = toUs;
    else differences.push({ fromUs, toUs });
  }
  return differences;
}

function findAt<T extends Interval>(interval: T | undefined, atUs: number): T | undefined {
  return interval !== undefined && interval.fromUs <= atUs ? interval : undefined;
}

/** Where a span lies in exchange time: at least over all it delivered. */
export function shiftSpan(span: Span, offsetUs: number): Interval {
  return {
    fromUs: Math.min(span.fromUs + offsetUs, span.firstEventUs ?? Number.POSITIVE_INFINITY),
    toUs: Math.max(span.toUs + offsetUs, span.lastEventUs ?? Number.NEGATIVE_INFINITY),
  };
}

/** The part's own offset, else the nearest earlier or later one within a day. */
export function findOffsetUs(parts: readonly PartCoverage[], index: number): number | undefined {
  const { day } = parts[index]!;
  const [earliest, latest] = [addDays(day, -1), addDays(day, 1)];
  for (let i = index; i >= 0 && parts[i]!.day >= earliest; i--) {
    const offsetUs = findOwnOffsetUs(parts[i]!);
    if (offsetUs !== undefined) return offsetUs;
  }
  for (let i = index + 1; i < parts.length && parts[i]!.day <= latest; i++) {
    const offsetUs = findOwnOffsetUs(parts[i]!);
    if (offsetUs !== undefined) return offsetUs;
  }
  return undefined;
}

/** By the part's trades, or else as it was measured last. */
export function findOwnOffsetUs({
  clockOffsetUs,
  clocks,
}: Pick<PartCoverage, 'clockOffsetUs' | 'clocks'>): number | undefined {
  return clockOffsetUs ?? clocks.at(-1)?.offsetUs;
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
