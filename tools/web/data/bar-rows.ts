// Bars as answers hold them: each with its start, and as the text it has in JSON. Holds no effects.

import { type JsonRows, parseRowTimeUs, toObjects } from './json-rows.ts';

export type Bar = { startUs: number; text: string };

/** Columns that an answer gives once, not in each of its rows. */
export const named: readonly string[] = ['exchange', 'symbol', 'day'];

export function toBars(rows: JsonRows): Bar[] {
  return toObjects(rows, named).map((row) => ({
    startUs: parseRowTimeUs(String(row.window_start)),
    text: JSON.stringify(row),
  }));
}

/** Both ascending; `over` takes the place of those of `bars` that `isReplaced`. */
export function layOver(
  bars: readonly Bar[],
  over: readonly Bar[],
  isReplaced: (startUs: number) => boolean,
): Bar[] {
  if (over.length === 0 && !bars.some(({ startUs }) => isReplaced(startUs))) return [...bars];
  const kept = bars.filter(({ startUs }) => !isReplaced(startUs));
  return [...kept, ...over].sort((a, b) => a.startUs - b.startUs);
}
