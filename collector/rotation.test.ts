import { expect, test } from 'vitest';
import {
  findDaySpan,
  planFirstRotationMs,
  planNextRotationMs,
  planRotationLimits,
  planTurnUs,
} from './rotation.ts';

const midnightUs = Date.parse('2026-11-21T00:00:00Z') * 1000;
const span = findDaySpan(midnightUs - 1);

test('spreads the first rotations over one period', () => {
  const due = [0, 1, 2, 3].map((index) => planFirstRotationMs(5000, 60_000, index, 4));
  expect(due).toEqual([20_000, 35_000, 50_000, 65_000]);
});

test.each([
  [100, 100, 160],
  [100, 159, 160],
  [100, 160, 220],
  [100, 1000, 1060],
])('keeps the grid: due at %i, seen at %i, next at %i', (dueMs, nowMs, nextMs) => {
  expect(planNextRotationMs(dueMs, nowMs, 60)).toBe(nextMs);
});

test('takes 0 messages as no limit', () => {
  const limits = { rotate_seconds: 60, rotate_max_megabytes: 64, rotate_max_messages: 0 };
  expect(planRotationLimits(limits)).toEqual({
    everyMs: 60_000,
    maxBytes: 64_000_000,
    maxFrames: Number.POSITIVE_INFINITY,
  });
});

test('a day is bounded by its midnights', () => {
  expect(span).toEqual({
    day: '2026-11-20',
    startUs: midnightUs - 86_400_000_000,
    endUs: midnightUs,
  });
  expect(findDaySpan(midnightUs).day).toBe('2026-11-21');
});

test.each([
  ['within the day both are now', -5, { endUs: midnightUs - 5, beginUs: midnightUs - 5 }],
  ['at midnight both are midnight', 40_000, { endUs: midnightUs, beginUs: midnightUs }],
  [
    'after a leap ahead, what lies between is not claimed',
    3_600_000_000,
    { endUs: midnightUs - 9, beginUs: midnightUs + 3_600_000_000 },
  ],
  [
    'after a step back, the old part ends with its last line',
    -86_400_000_001,
    { endUs: midnightUs - 9, beginUs: midnightUs - 86_400_000_001 },
  ],
])('%s', (_claim, offsetUs, turn) => {
  expect(planTurnUs(span, midnightUs + offsetUs, midnightUs - 9, false)).toEqual(turn);
});
