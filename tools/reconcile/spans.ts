// Stretches of whole seconds, `[from, to)` in seconds since the epoch, and what is done with them:
// joined, cut, counted, told apart by day. Lists of spans are ascending and do not overlap. Holds no
// effects.

import { addDays, type Day, formatDay, startOfDayUs, usPerSecond } from '../../lake/day.ts';

export type Span = { from: number; to: number };

/** The whole day. */
export function findDaySpan(day: Day): Span {
  return {
    from: startOfDayUs(day) / usPerSecond,
    to: startOfDayUs(addDays(day, 1)) / usPerSecond,
  };
}

/** The same seconds in as few spans as possible; holes of up to `joinWithin` seconds are closed. */
export function mergeSpans(spans: readonly Span[], joinWithin = 0): Span[] {
  const merged: Span[] = [];
  for (const { from, to } of [...spans].sort((a, b) => a.from - b.from)) {
    if (from >= to) continue;
    const last = merged.at(-1);
    if (last !== undefined && from <= last.to + joinWithin) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  return merged;
}

/** What of `spans` lies in `within`. */
export function clipSpans(spans: readonly Span[], within: Span): Span[] {
  return spans
    .map(({ from, to }) => ({ from: Math.max(from, within.from), to: Math.min(to, within.to) }))
    .filter(({ from, to }) => from < to);
}

/** What of `spans` lies in none of `others`. */
export function subtractSpans(spans: readonly Span[], others: readonly Span[]): Span[] {
  let left = [...spans];
  for (const { from, to } of others) {
    left = left.flatMap((span) => [
      ...clipSpans([span], { from: Number.NEGATIVE_INFINITY, to: from }),
      ...clipSpans([span], { from: to, to: Number.POSITIVE_INFINITY }),
    ]);
  }
  return left;
}

/** The first `seconds` seconds of the spans. */
export function takeSeconds(spans: readonly Span[], seconds: number): Span[] {
  const taken: Span[] = [];
  let left = seconds;
  for (const { from, to } of spans) {
    if (left <= 0) break;
    taken.push({ from, to: Math.min(to, from + left) });
    left -= to - from;
  }
  return taken;
}

export function countSeconds(spans: readonly Span[]): number {
  return spans.reduce((total, { from, to }) => total + to - from, 0);
}

/** The spans of each day they touch, days ascending. */
export function splitByDay(spans: readonly Span[]): { day: Day; spans: Span[] }[] {
  const days = new Set<Day>();
  for (const { from, to } of spans) {
    const last = formatDay((to - 1) * usPerSecond);
    for (let day = formatDay(from * usPerSecond); day <= last; day = addDays(day, 1)) days.add(day);
  }
  return [...days].sort().map((day) => ({ day, spans: clipSpans(spans, findDaySpan(day)) }));
}
