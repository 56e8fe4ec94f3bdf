// Which seconds a run has to write again. Pure. A bar depends on its own second, on the trades before
// and after it (their ids prove what was observed) and on the last quote before it; so a range reaches
// from the known trade before a change to the next known trade and quote after it. Changes are told apart
// by day, so that a fill of January does not cost the days between it and today.

import { type Day, formatDay, usPerSecond } from '../lake/day.ts';
import type { Interval } from './coverage.ts';

/** Seconds since the epoch, both inclusive, within one day. */
export type Change = { from: number; to: number; hasTrades: boolean; hasQuotes: boolean };

export type Range = {
  /** Seconds since the epoch, `to` exclusive. */
  from: number;
  to: number;
};

export type Neighbours = {
  /** Second of the last known trade before the change. */
  tradeBefore: number | undefined;
  /** Seconds of the first known trade and quote after it. */
  tradeAfter: number | undefined;
  quoteAfter: number | undefined;
  /** Last second that has a bar, or gets one because the first trade has become known. */
  lastBar: number | undefined;
};

const secondsPerDay = 86_400;

/** One change per day from all there are, ascending. */
export function mergeChanges(changes: readonly Change[]): Change[] {
  const byDay = new Map<number, Change>();
  for (const change of changes) {
    const day = Math.floor(change.from / secondsPerDay);
    const other = byDay.get(day) ?? change;
    byDay.set(day, {
      from: Math.min(change.from, other.from),
      to: Math.max(change.to, other.to),
      hasTrades: change.hasTrades || other.hasTrades,
      hasQuotes: change.hasQuotes || other.hasQuotes,
    });
  }
  return [...byDay.values()].sort((a, b) => a.from - b.from);
}

/** The seconds in which more or less was heard, day by day. They may get or lose bars, as by trades. */
export function listHeardChanges(intervals: readonly Interval[]): Change[] {
  const changes: Change[] = [];
  for (const { fromUs, toUs } of intervals) {
    const last = Math.floor(toUs / usPerSecond);
    for (let from = Math.floor(fromUs / usPerSecond); from <= last; ) {
      const dayEnd = (Math.floor(from / secondsPerDay) + 1) * secondsPerDay - 1;
      const to = Math.min(last, dayEnd);
      changes.push({ from, to, hasTrades: true, hasQuotes: false });
      from = to + 1;
    }
  }
  return changes;
}

/**
 * The neighbours of a change among the known trades and the other changes of the publication: trades that
 * are new on both sides of midnight are neighbours, too.
 */
export function joinChanges(
  known: Neighbours,
  changes: readonly Change[],
  index: number,
): Neighbours {
  const before = changes.slice(0, index).findLast((change) => change.hasTrades);
  const after = changes.slice(index + 1).find((change) => change.hasTrades);
  return {
    ...known,
    tradeBefore: reach(Math.max, known.tradeBefore, before?.to),
    tradeAfter: reach(Math.min, known.tradeAfter, after?.from),
  };
}

function reach(
  nearer: (one: number, other: number) => number,
  one: number | undefined,
  other: number | undefined,
): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : nearer(one, other);
}

export function planRange(change: Change, neighbours: Neighbours): Range {
  const { tradeBefore, tradeAfter, quoteAfter, lastBar } = neighbours;
  const last = lastBar ?? change.to;
  const ends = [change.to];
  if (change.hasTrades) ends.push(tradeAfter ?? last);
  if (change.hasQuotes) ends.push(quoteAfter ?? last);
  return {
    from: Math.min(tradeBefore ?? change.from, change.from),
    to: Math.max(...ends) + 1,
  };
}

/** Joins ranges that touch the same day, so that each day is written once and from one range. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last !== undefined && dayOfSecond(range.from) <= dayOfSecond(last.to - 1)) {
      last.to = Math.max(last.to, range.to);
    } else merged.push({ ...range });
  }
  return merged;
}

export function dayOfSecond(second: number): Day {
  return formatDay(second * usPerSecond);
}
