import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { includesId, mergeRanges } from './id-ranges.ts';
import { planPages } from './page-plan.ts';

describe('planPages', () => {
  it('asks for near ranges together and cuts long ones', () => {
    expect([
      ...planPages(
        [
          [5, 5],
          [9, 20],
          [2000, 3500],
        ],
        1000,
      ),
    ]).toEqual([
      { fromId: 5, limit: 16 },
      { fromId: 2000, limit: 1000 },
      { fromId: 3000, limit: 501 },
    ]);
  });

  it('covers every wanted id, within the limit, and asks for no page without one', () => {
    const range = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 60 }));
    fc.assert(
      fc.property(
        fc.array(range, { maxLength: 12 }),
        fc.integer({ min: 1, max: 40 }),
        (some, most) => {
          const wanted = mergeRanges(some.map(([first, more]) => [first, first + more]));
          const pages = [...planPages(wanted, most)];
          for (const { fromId, limit } of pages) {
            expect(limit).toBeGreaterThan(0);
            expect(limit).toBeLessThanOrEqual(most);
            expect(includesId(wanted, fromId) && includesId(wanted, fromId + limit - 1)).toBe(true);
          }
          const asked = pages.map(({ fromId, limit }): [number, number] => [
            fromId,
            fromId + limit - 1,
          ]);
          for (const [first, last] of wanted) {
            for (let id = first; id <= last; id++)
              expect(asked.some(([a, b]) => id >= a && id <= b)).toBe(true);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});
