import { expect, it } from 'vitest';
import { planRest } from './live.ts';

it.each([
  ['when the second that follows is written', { nowMs: 10_250, tookMs: 50 }, 950],
  ['the same for one that began late', { nowMs: 10_500, tookMs: 50 }, 700],
  ['every other second where it takes long', { nowMs: 11_000, tookMs: 800 }, 800],
  ['an interval after one that took very long', { nowMs: 14_000, tookMs: 4000 }, 1000],
])('refreshes %s', (_, state, restMs) => {
  expect(planRest({ ...state, intervalMs: 1000, writtenMs: 200 })).toBe(restMs);
});
