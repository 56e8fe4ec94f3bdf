import fc from 'fast-check';
import { expect, it } from 'vitest';
import { usPerDay, usPerSecond } from '../lake/day.ts';
import { us } from '../tests/raw-lines.ts';
import { planBarSlices, planTradeSlices } from './slices.ts';
import { wholeSpan } from './time.ts';

const firstUs = us('2026-03-01T00:00:00Z');
const listDays = (rows: readonly number[]) =>
  rows.map((count, day) => ({ dayUs: firstUs + day * usPerDay, rows: count }));

it('reads seconds by the day, and minutes by sixty days', () => {
  expect(planBarSlices(listDays([1, 1]), wholeSpan, 1)).toEqual([
    { startUs: firstUs, stopUs: firstUs + usPerDay },
    { startUs: firstUs + usPerDay, stopUs: firstUs + 2 * usPerDay },
  ]);
  const minutes = planBarSlices(listDays(new Array(90).fill(1)), wholeSpan, 60);
  expect(minutes.length).toBeLessThanOrEqual(3);
  for (const { startUs } of minutes) expect(startUs % (60 * usPerSecond)).toBe(0);
});

it('reads a busy day in parts, and quiet days together', () => {
  expect(planTradeSlices(listDays([40, 60, 250, 10]), wholeSpan, 100)).toEqual([
    { startUs: firstUs, stopUs: firstUs + 2 * usPerDay },
    ...[0, 1, 2].map((part) => ({
      startUs: firstUs + 2 * usPerDay + (part * usPerDay) / 3,
      stopUs: firstUs + 2 * usPerDay + ((part + 1) * usPerDay) / 3,
    })),
    { startUs: firstUs + 3 * usPerDay, stopUs: firstUs + 4 * usPerDay },
  ]);
});

it('covers every moment of a day with rows once, in order, and none outside the span', () => {
  const moment = fc.integer({ min: firstUs - usPerDay, max: firstUs + 9 * usPerDay });
  const days = fc.array(fc.nat({ max: 500 }), { minLength: 1, maxLength: 8 });
  const width = fc.constantFrom(1, 60, 3600, 86_400);
  fc.assert(
    fc.property(days, moment, moment, moment, width, (rows, a, b, asked, seconds) => {
      const span = { startUs: Math.min(a, b), stopUs: Math.max(a, b) };
      const filled = listDays(rows).filter((day) => day.rows > 0);
      const isWanted =
        asked >= span.startUs &&
        asked < span.stopUs &&
        filled.some(({ dayUs }) => asked >= dayUs && asked < dayUs + usPerDay);
      for (const slices of [
        planTradeSlices(filled, span, 100),
        planBarSlices(filled, span, seconds),
      ]) {
        const holding = slices.filter((one) => asked >= one.startUs && asked < one.stopUs);
        expect(holding.length).toBeLessThanOrEqual(1);
        if (isWanted) expect(holding.length).toBe(1);
        for (const [index, slice] of slices.entries()) {
          expect(slice.startUs).toBeLessThan(slice.stopUs);
          expect(slice.startUs).toBeGreaterThanOrEqual(slices[index - 1]?.stopUs ?? span.startUs);
          expect(slice.stopUs).toBeLessThanOrEqual(span.stopUs);
        }
      }
    }),
    { numRuns: 300 },
  );
});
