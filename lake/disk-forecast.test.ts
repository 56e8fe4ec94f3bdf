import { describe, expect, it } from 'vitest';
import { findDailyBytes, forecastFullInDays } from './disk-forecast.ts';

const stock = (bytes: number, bytesPerDay: number, keptDays?: number) => ({
  bytes,
  bytesPerDay,
  keptDays,
});

describe('forecastFullInDays', () => {
  it.each([
    ['what is kept for ever fills the disk', 100, [stock(50, 10)], 10],
    ['a part of a day counts', 25, [stock(0, 10)], 2.5],
    ['what is kept for some days stops growing', 100, [stock(0, 10, 7)], null],
    ['or not before the disk is full', 60, [stock(0, 10, 7)], 6],
    ['what is at its bound already grows no more', 50, [stock(70, 10, 7), stock(0, 5)], 10],
    ['both grow until one is at its bound', 100, [stock(50, 10, 7), stock(0, 10)], 8],
    [
      'a stock larger than its days stays, and is not counted as shrinking',
      10,
      [stock(500, 1, 7)],
      null,
    ],
    ['a disk that is full is full', 0, [stock(0, 1)], 0],
    ['nothing that grows fills nothing', 0, [stock(5, 0)], null],
  ] as const)('%s', (_, freeBytes, stocks, days) => {
    expect(forecastFullInDays(freeBytes, stocks)).toBe(days);
  });
});

describe('findDailyBytes', () => {
  const sizes = new Map([
    ['2026-03-01', 5],
    ['2026-03-02', 80],
    ['2026-03-03', 90],
    ['2026-03-04', 10],
  ]);

  it('takes the largest of the last days, not today and not the first one', () => {
    expect(findDailyBytes(sizes, '2026-03-04')).toBe(90);
    expect(findDailyBytes(sizes, '2026-03-03')).toBe(80);
    expect(findDailyBytes(sizes, '2026-03-02')).toBeUndefined();
  });

  it('does not go by days that are long past', () => {
    expect(findDailyBytes(sizes, '2026-04-01')).toBeUndefined();
  });
});
