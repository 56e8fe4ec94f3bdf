import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LatencyWindow } from './latency.ts';

const latencies = fc.array(fc.integer({ min: -5_000_000, max: 5_000_000 }), { minLength: 1 });

function measure(values: readonly number[]) {
  const window = new LatencyWindow();
  for (const value of values) window.add(value);
  return window.measure()!;
}

test('is within 3 % of the lower median and the 95th percentile, and exact in the maximum', () => {
  fc.assert(
    fc.property(latencies, (values) => {
      const sorted = values.toSorted((a, b) => a - b);
      const p50 = sorted[Math.ceil(sorted.length * 0.5) - 1]!;
      const p95 = sorted[Math.ceil(sorted.length * 0.95) - 1]!;
      const found = measure(values);
      expect(Math.abs(found.p50Us - p50)).toBeLessThanOrEqual(Math.abs(p50) * 0.03);
      expect(Math.abs(found.p95Us - p95)).toBeLessThanOrEqual(Math.abs(p95) * 0.03);
      expect(found.maxUs).toBe(sorted.at(-1));
    }),
  );
});

test('keeps negative latency: a local clock behind the exchange is data', () => {
  const found = measure([-1_270_000, -1_260_000, -1_250_000]);
  expect(found.p50Us).toBeLessThan(-1_200_000);
  expect(found.maxUs).toBe(-1_250_000);
});

test('says nothing without values, and starts anew when cleared', () => {
  const window = new LatencyWindow();
  expect(window.measure()).toBeUndefined();
  window.add(5);
  window.clear();
  expect(window.measure()).toBeUndefined();
});

test('merged windows measure as one', () => {
  fc.assert(
    fc.property(latencies, latencies, (first, second) => {
      const merged = new LatencyWindow();
      for (const values of [first, second]) {
        const window = new LatencyWindow();
        for (const value of values) window.add(value);
        merged.merge(window);
      }
      expect(merged.measure()).toEqual(measure([...first, ...second]));
    }),
  );
});

test('takes values beyond its range as the largest it has', () => {
  const found = measure([1e15, 1e15]);
  expect(found.maxUs).toBe(1e15);
  expect(found.p50Us).toBeGreaterThan(1e9);
});
