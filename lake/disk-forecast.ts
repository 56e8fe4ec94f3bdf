// In how many days the disk of a lake is full, if each day brings what the last ones did. Raw parts stop
// growing when the oldest are as old as they are kept; partitions go on, unless they are deleted once they
// are uploaded. That cleanup deletes proven parts early when the disk is nearly full is not counted: it is
// what happens near the end. Holds no effects.

import { addDays, type Day } from './day.ts';

/** Files of one kind on the disk. */
export type DiskStock = {
  bytes: number;
  bytesPerDay: number;
  /** Days for which files are kept; undefined: for ever. */
  keptDays: number | undefined;
};

/** Further ahead nothing is foretold. */
const maxDays = 3650;
/** Days looked back upon. */
const lookBackDays = 3;

/** Days until `freeBytes` are used up, a fraction for less than one; null: not within ten years. */
export function forecastFullInDays(freeBytes: number, stocks: readonly DiskStock[]): number | null {
  let left = Math.max(0, freeBytes);
  for (let day = 0; day < maxDays; day++) {
    const growth = stocks.reduce((sum, stock) => sum + findGrowth(stock, day), 0);
    if (growth > 0 && growth >= left) return day + left / growth;
    left -= growth;
  }
  return null;
}

/** What a stock grows by on a day from now, until as much is deleted each day as comes in. */
function findGrowth({ bytes, bytesPerDay, keptDays }: DiskStock, day: number): number {
  if (keptDays === undefined) return bytesPerDay;
  const mostBytes = Math.max(bytes, bytesPerDay * keptDays);
  return Math.min(bytesPerDay, Math.max(0, mostBytes - bytes - bytesPerDay * day));
}

/**
 * Bytes a day, from what lies of each day: the largest of the last three days that are over and were not
 * the lake's first one, which began at some moment; undefined where there is none yet.
 */
export function findDailyBytes(byDay: ReadonlyMap<Day, number>, today: Day): number | undefined {
  const first = [...byDay.keys()].sort()[0];
  const sizes: number[] = [];
  for (let age = 1; age <= lookBackDays; age++) {
    const day = addDays(today, -age);
    const bytes = byDay.get(day);
    if (bytes !== undefined && day !== first) sizes.push(bytes);
  }
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}
