import { expect, it } from 'vitest';
import { isNearlyFull } from './disk-watch.ts';

const gigabyte = 1e9;

it.each([
  [20, 80, false],
  [19.9, 80, true],
  [50, 40, true],
  [1, 100, false],
  [0.99, 100, true],
])('%d of 100 GB free with an alert at %d %%: nearly full is %s', (free, percent, isFull) => {
  expect(isNearlyFull(free * gigabyte, 100 * gigabyte, percent)).toBe(isFull);
});
