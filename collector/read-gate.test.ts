import { expect, test } from 'vitest';
import { isGateClosed, planGateLimits } from './read-gate.ts';

const limits = planGateLimits(13);

test('all memory that may wait is bounded by 64 MiB, a chunk for every symbol included', () => {
  for (const symbols of [1, 13, 1500]) {
    expect(planGateLimits(symbols).closeBytes + symbols * 16_384).toBeLessThan(64 * 1024 * 1024);
  }
});

test('closes at its bound and opens again at half of it', () => {
  const { closeBytes, openBytes } = limits;
  expect(isGateClosed(false, closeBytes - 1, 0, limits)).toBe(false);
  expect(isGateClosed(false, closeBytes, 0, limits)).toBe(true);
  expect(isGateClosed(true, openBytes + 1, 0, limits)).toBe(true);
  expect(isGateClosed(true, openBytes, 0, limits)).toBe(false);
});

test('closes when too many parts wait to be sealed', () => {
  expect(isGateClosed(false, 0, limits.maxUnsealed - 1, limits)).toBe(false);
  expect(isGateClosed(false, 0, limits.maxUnsealed, limits)).toBe(true);
  expect(isGateClosed(true, 0, limits.maxUnsealed - 1, limits)).toBe(true);
  expect(isGateClosed(true, 0, limits.maxUnsealed / 2, limits)).toBe(false);
});
