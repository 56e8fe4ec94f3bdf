import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSecond } from '../../lake/day.ts';
import {
  countSeconds,
  mergeSpans,
  type Span,
  splitByDay,
  subtractSpans,
  takeSeconds,
} from './spans.ts';

const span = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
  .map(([from, length]): Span => ({ from, to: from + length }));
const spans = fc.array(span, { maxLength: 6 });
const listSeconds = (all: readonly Span[]) =>
  [...new Set(all.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i)))]
    .sort((a, b) => a - b)
    .map(Number);

describe('spans', () => {
  it('merge to the same seconds, each once', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const merged = mergeSpans(all);
        expect(listSeconds(merged)).toEqual(listSeconds(all));
        expect(countSeconds(merged)).toBe(listSeconds(all).length);
      }),
    );
    expect(
      mergeSpans(
        [
          { from: 9, to: 10 },
          { from: 3, to: 5 },
        ],
        4,
      ),
    ).toEqual([{ from: 3, to: 10 }]);
  });

  it('subtract to the seconds that are in none of the others', () => {
    fc.assert(
      fc.property(spans, spans, (all, others) => {
        const gone = new Set(listSeconds(others));
        const left = subtractSpans(mergeSpans(all), mergeSpans(others));
        expect(listSeconds(left)).toEqual(listSeconds(all).filter((second) => !gone.has(second)));
      }),
    );
  });

  it('give their first seconds, and no more than there are', () => {
    const two = [
      { from: 1, to: 4 },
      { from: 8, to: 20 },
    ];
    expect(listSeconds(takeSeconds(two, 5))).toEqual([1, 2, 3, 8, 9]);
    expect(takeSeconds(two, 100)).toEqual(two);
    expect(takeSeconds(two, 0)).toEqual([]);
  });

  it('split at midnight', () => {
    const midnight = Date.parse('2026-03-02T00:00:00Z') / 1000;
    const split = splitByDay([{ from: midnight - 5, to: midnight + 5 }]);
    expect(split).toEqual([
      { day: '2026-03-01', spans: [{ from: midnight - 5, to: midnight }] },
      { day: '2026-03-02', spans: [{ from: midnight, to: midnight + 5 }] },
    ]);
    expect(formatSecond(midnight)).toBe('2026-03-02T00:00:00Z');
    expect(splitByDay([{ from: midnight, to: midnight }])).toEqual([]);
  });
});
