import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addRange, boundRanges, countIds, type IdRange, removeRange } from './id-ranges.ts';

const step = fc.record({ from: fc.nat(40), length: fc.nat(8), isAdded: fc.boolean() });

test('ranges hold what a plain set holds, ascending, and never touch', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const ranges: IdRange[] = [];
      const plain = new Set<number>();
      for (const { from, length, isAdded } of steps) {
        const range = { from, to: from + length };
        const removed: number[] = [];
        for (let id = range.from; id <= range.to; id++) {
          if (isAdded) plain.add(id);
          else if (plain.delete(id)) removed.push(id);
        }
        if (isAdded) addRange(ranges, range);
        else expect(list(removeRange(ranges, range))).toEqual(removed);
      }
      expect(list(ranges)).toEqual([...plain].sort((a, b) => a - b));
      expect(countIds(ranges)).toBe(plain.size);
      for (let i = 1; i < ranges.length; i++) {
        expect(ranges[i]!.from).toBeGreaterThan(ranges[i - 1]!.to + 1);
      }
    }),
    { numRuns: 300 },
  );
});

test('too many ranges become fewer by joining the closest, and none is forgotten', () => {
  const ranges = [1, 10, 12, 30, 33].map((id) => ({ from: id, to: id }));
  boundRanges(ranges, 3);
  expect(ranges).toEqual([
    { from: 1, to: 1 },
    { from: 10, to: 12 },
    { from: 30, to: 33 },
  ]);
});

function list(ranges: readonly IdRange[]): number[] {
  return ranges.flatMap(({ from, to }) =>
    Array.from({ length: to - from + 1 }, (_, i) => from + i),
  );
}
