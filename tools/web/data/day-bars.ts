// Bars of longer intervals of whole partitions, kept in memory once they were made: those of a day for as long as its
// file is the same, those used last, and never more than so many bytes.

import { formatDay } from '../../../lake/day.ts';
import type { Interval } from '../../../lake/interval.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { emptyPath } from '../../../transformer/catalog/empty-files.ts';
import { formatPartitionRollup } from '../../../transformer/catalog/symbol-bars.ts';
import { toWidthUs } from '../question.ts';
import type { StoredDay } from './bar-files.ts';
import { type Bar, toBars } from './bar-rows.ts';
import type { FileReader } from './file-reader.ts';

export type DayBars = {
  /** Of all the days, ascending. What is not known yet is made by `reader`. */
  read(
    reader: FileReader,
    instrument: Instrument,
    interval: Interval,
    days: readonly StoredDay[],
  ): Promise<Bar[]>;
};

type Kept = { stamp: string; bars: Bar[]; bytes: number };

const defaultMaxBytes = 48e6;
/** Days that are made at a time: others wait no longer than these take. */
const daysAtATime = 4;
/** Of a bar besides its text, about. */
const barBytes = 80;

export function openDayBars(root: string, maxBytes = defaultMaxBytes): DayBars {
  /** The one used last is the last one. */
  const kept = new Map<string, Kept>();
  let bytes = 0;

  function drop(key: string): void {
    bytes -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  }

  function keep(key: string, stamp: string, bars: Bar[]): void {
    drop(key);
    const own = bars.reduce((sum, { text }) => sum + text.length + barBytes, barBytes);
    kept.set(key, { stamp, bars, bytes: own });
    bytes += own;
    for (const oldest of kept.keys()) {
      if (bytes <= maxBytes) return;
      drop(oldest);
    }
  }

  function find(key: string, stamp: string): Bar[] | undefined {
    const found = kept.get(key);
    if (found?.stamp !== stamp) return undefined;
    kept.delete(key);
    kept.set(key, found);
    return found.bars;
  }

  return {
    async read(reader, { exchange, symbol }, interval, days) {
      const toKey = ({ day }: StoredDay) => `${exchange}/${symbol}/${interval}/${day}`;
      const found = new Map(days.map((day) => [day, find(toKey(day), day.stamp)]));
      const missing = days.filter((day) => found.get(day) === undefined);
      for (let at = 0; at < missing.length; at += daysAtATime) {
        const batch = missing.slice(at, at + daysAtATime);
        const made = await makeBars(reader, root, interval, batch);
        for (const day of batch) {
          const bars = made.get(day.day) ?? [];
          found.set(day, bars);
          keep(toKey(day), day.stamp, bars);
        }
      }
      return days.flatMap((day) => found.get(day) ?? []);
    },
  };
}

/** By day. */
async function makeBars(
  reader: FileReader,
  root: string,
  interval: Interval,
  days: readonly StoredDay[],
): Promise<Map<string, Bar[]>> {
  const sql = formatPartitionRollup(toWidthUs(interval) / 1_000_000);
  const stored_paths = [emptyPath(root, 'bars_1s'), ...days.map(({ path }) => path)];
  const rows = await reader.query(sql, { stored_paths });
  const bars = toBars(rows).sort((a, b) => a.startUs - b.startUs);
  return Map.groupBy(bars, ({ startUs }) => formatDay(startUs));
}
