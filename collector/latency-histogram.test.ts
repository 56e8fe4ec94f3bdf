import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatencyWindow } from './latency.ts';
import { LatencyHistogram } from './latency-histogram.ts';

const windows = fc.array(fc.array(fc.integer({ min: -2_000_000, max: 20_000_000 })), {
  minLength: 1,
  maxLength: 5,
});

function fill(values: readonly number[]): LatencyWindow {
  const window = new LatencyWindow();
  for (const value of values) window.add(value);
  return window;
}

test('never falls, whatever comes, and holds every trade once', () => {
  fc.assert(
    fc.property(windows, (all) => {
      const histogram = new LatencyHistogram();
      let before = histogram.read();
      for (const values of all) {
        histogram.add(fill(values));
        const now = histogram.read();
        expect(now.count).toBe(before.count + values.length);
        expect(now.sum_seconds).toBeGreaterThanOrEqual(before.sum_seconds);
        let below = 0;
        for (const [index, { count }] of now.buckets.entries()) {
          expect(count).toBeGreaterThanOrEqual(Math.max(below, before.buckets[index]!.count));
          below = count;
        }
        expect(now.count).toBeGreaterThanOrEqual(below);
        before = now;
      }
    }),
    { numRuns: 50 },
  );
});

test('counts what is at most a bound long, and what is below zero as nothing', () => {
  const histogram = new LatencyHistogram();
  histogram.add(fill([-1_300_000, 500, 20_000, 20_000, 3_000_000, 60_000_000]));
  const { buckets, count, sum_seconds } = histogram.read();
  const counts = Object.fromEntries(buckets.map((one) => [one.le_seconds, one.count]));
  expect(counts).toMatchObject({ 0.001: 2, 0.01: 2, 0.025: 4, 2.5: 4, 5: 5, 10: 5 });
  expect(count).toBe(6);
  expect(Math.abs(sum_seconds - 63.0405)).toBeLessThan(63 * 0.03);
});
