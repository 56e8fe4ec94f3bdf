import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  countIds,
  formatRanges,
  type IdRange,
  includesId,
  intersectRanges,
  mergeRanges,
  subtractRanges,
} from './id-ranges.ts';

const someRanges = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 8 })),
  { maxLength: 8 },
);
const toRanges = (pairs: [number, number][]): IdRange[] =>
  pairs.map(([first, more]) => [first, first + more]);
const list = (ranges: readonly IdRange[]) =>
  [...new Set(ranges.flatMap(([a, b]) => Array.from({ length: b - a + 1 }, (_, i) => a + i)))].sort(
    (a, b) => a - b,
  );

describe('ranges', () => {
  it('merge, subtract and intersect as sets of ids do', () => {
    fc.assert(
      fc.property(someRanges, someRanges, (left, right) => {
        const [a, b] = [toRanges(left), toRanges(right)];
        const others = new Set(list(b));
        expect(list(mergeRanges(a))).toEqual(list(a));
        expect(countIds(mergeRanges(a))).toBe(list(a).length);
        expect(list(subtractRanges(a, b))).toEqual(list(a).filter((id) => !others.has(id)));
        expect(list(intersectRanges(a, b))).toEqual(list(a).filter((id) => others.has(id)));
        const merged = mergeRanges(b);
        for (let id = 0; id < 70; id++) expect(includesId(merged, id)).toBe(others.has(id));
      }),
      { numRuns: 300 },
    );
  });

  it('are written short', () => {
    expect(
      formatRanges(
        [
          [1, 3],
          [7, 7],
          [9, 12],
        ],
        2,
      ),
    ).toBe('1-3, 7 and 1 more ranges');
  });
});
