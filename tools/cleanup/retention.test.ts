import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addDays } from '../../lake/day.ts';
import { type PartFact, planRetention, type RetentionRules, sumBytes } from './retention.ts';

const today = '2026-11-21';
const rules: RetentionRules = { today, retentionDays: 7, roomBytes: 0 };

function part(daysAgo: number, number: number, more: Partial<PartFact> = {}): PartFact {
  const day = addDays(today, -daysAgo);
  const name = `raw/binance/BTCUSDT/${day}/part_${number}.jsonl`;
  const fact = { name, instrument: 'binance/BTCUSDT', day, number, bytes: 10 };
  return { ...fact, unproven: undefined, quoteSeconds: null, ...more };
}
const seconds = (first: number, last: number) => ({ quoteSeconds: [first, last] as const });
const numbers = (parts: readonly PartFact[]) => parts.map(({ number }) => number);

describe('planRetention', () => {
  it('removes what is older than it has to be and proven, and nothing else', () => {
    const parts = [
      part(9, 1),
      part(8, 2, { unproven: 'not transformed yet' }),
      part(8, 3),
      part(7, 4),
    ];
    const plan = planRetention(parts, rules);
    expect(numbers(plan.remove)).toEqual([1, 3]);
    expect(plan.keep.map(({ part: { number }, reason }) => [number, reason])).toEqual([
      [2, 'not transformed yet'],
    ]);
  });

  it('keeps a part that shares its last second with one that stays, and only that one', () => {
    const parts = [
      part(8, 1, seconds(0, 60)),
      part(8, 2, seconds(60, 120)),
      part(7, 3, seconds(120, 180)),
    ];
    expect(numbers(planRetention(parts, rules).remove)).toEqual([1]);
  });

  it('keeps the neighbours of a part nobody has read yet', () => {
    const unread = { unproven: 'not transformed yet', quoteSeconds: undefined };
    const parts = [part(8, 1), part(8, 2), part(8, 3, unread), part(8, 4), part(8, 5)];
    expect(numbers(planRetention(parts, rules).remove)).toEqual([1, 5]);
  });

  it('makes room with the oldest proven parts, no more than are needed, and says what is lacking', () => {
    const parts = [part(3, 1), part(2, 2, { unproven: 'not uploaded' }), part(1, 3), part(0, 4)];
    const plan = planRetention(parts, { ...rules, roomBytes: 15 });
    expect(numbers(plan.remove)).toEqual([1, 3]);
    expect(plan.lackingBytes).toBe(0);
    expect(planRetention(parts, { ...rules, roomBytes: 100 }).lackingBytes).toBe(70);
  });

  it('keeps the newest part, in whose last second the one being written may go on', () => {
    const parts = [part(1, 1, seconds(0, 9)), part(0, 2, seconds(20, 29))];
    expect(numbers(planRetention(parts, { ...rules, roomBytes: 100 }).remove)).toEqual([1]);
  });

  it('never removes an unproven part, nor one a second of which would be made without it', () => {
    const fact = fc.record({
      daysAgo: fc.integer({ min: 0, max: 12 }),
      bytes: fc.integer({ min: 0, max: 50 }),
      instrument: fc.constantFrom('binance/BTCUSDT', 'binance/ETHUSDT'),
      unproven: fc.option(fc.constant('a reason'), { nil: undefined }),
      quotes: fc.option(fc.tuple(fc.nat(60), fc.nat(10)), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(fact, { maxLength: 25 }), fc.nat(600), (facts, roomBytes) => {
        const parts = facts.map(({ daysAgo, bytes, instrument, unproven, quotes }, index) => {
          const unread = quotes === undefined && unproven !== undefined ? undefined : null;
          const quoteSeconds = quotes ? ([quotes[0], quotes[0] + quotes[1]] as const) : unread;
          return part(daysAgo, index, { bytes, instrument, unproven, quoteSeconds });
        });
        const plan = planRetention(parts, { ...rules, roomBytes });
        const stays = parts.filter((one) => !plan.remove.includes(one));
        for (const gone of plan.remove) {
          expect(gone.unproven).toBeUndefined();
          const others = stays.filter(
            ({ instrument, unproven }) => instrument === gone.instrument && unproven !== undefined,
          );
          for (const { quoteSeconds } of others) {
            if (quoteSeconds == null || gone.quoteSeconds == null) continue;
            const [first, last] = quoteSeconds;
            expect(gone.quoteSeconds[1] < first || gone.quoteSeconds[0] > last).toBe(true);
          }
          if (gone.day >= addDays(today, -7)) expect(roomBytes).toBeGreaterThan(0);
        }
        expect(plan.lackingBytes).toBe(Math.max(0, roomBytes - sumBytes(plan.remove)));
        expect(new Set([...plan.remove, ...stays]).size).toBe(parts.length);
      }),
      { numRuns: 300 },
    );
  });
});
