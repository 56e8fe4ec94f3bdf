// What an answer of the exchange means for a gap: which of its trades have come, and which of them the
// exchange does not hand out. Decides only.

import type { AggregateMark, TradeMark } from '../exchanges/rest.ts';
import { countIds, type IdRange, removeRange } from './id-ranges.ts';

export type FillStep = {
  /** The part of the gap the answer speaks of; undefined where it speaks of none. */
  covered: IdRange | undefined;
  /** How many trades of it the answer holds. */
  trades: number;
  /** What of it the answer passes over. */
  absent: IdRange[];
};

/** The answer to a request for the trades from `gap.from` on, ascending. */
export function judgeTrades(gap: IdRange, marks: readonly TradeMark[]): FillStep {
  const last = marks.at(-1);
  if (last === undefined || last.id < gap.from) return nothing();
  return judge({ from: gap.from, to: Math.min(gap.to, last.id) }, marks.map(toRange));
}

/** The answer to a request for the latest trades: it speaks of nothing before its first. */
export function judgeLatest(gap: IdRange, marks: readonly TradeMark[]): FillStep {
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) return nothing();
  const covered = { from: Math.max(gap.from, first.id), to: Math.min(gap.to, last.id) };
  return covered.from > covered.to ? nothing() : judge(covered, marks.map(toRange));
}

/** Aggregates: one of several trades does not say which each of them was. */
export function judgeAggregates(gap: IdRange, marks: readonly AggregateMark[]): FillStep {
  const [first, last] = [marks[0], marks.at(-1)];
  if (first === undefined || last === undefined) return nothing();
  const covered = { from: Math.max(gap.from, first.firstId), to: Math.min(gap.to, last.lastId) };
  if (covered.from > covered.to) return nothing();
  const single = marks.filter(({ firstId, lastId }) => firstId === lastId);
  return judge(
    covered,
    single.map(({ firstId }) => ({ from: firstId, to: firstId })),
  );
}

function judge(covered: IdRange, present: readonly IdRange[]): FillStep {
  const absent = [covered];
  let trades = 0;
  for (const ids of present) trades += countIds(removeRange(absent, ids));
  return { covered, trades, absent };
}

function nothing(): FillStep {
  return { covered: undefined, trades: 0, absent: [] };
}

function toRange({ id }: TradeMark): IdRange {
  return { from: id, to: id };
}
