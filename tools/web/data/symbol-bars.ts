// The bars of one symbol in a stretch of time, exactly as the live views have them, at a price a page can pay: seconds
// out of the few files they lie in; longer bars out of what is kept of each partition, and only those anew that the
// tail says something of. What was read while files were replaced is read again.

import { formatDay } from '../../../lake/day.ts';
import type { Interval } from '../../../lake/interval.ts';
import type { Instrument } from '../../../lake/layout.ts';
import {
  formatSymbolRollup,
  formatSymbolSeconds,
  tailMinutes,
} from '../../../transformer/catalog/symbol-bars.ts';
import { toWidthUs } from '../question.ts';
import {
  findTail,
  formatStamp,
  listStoredDays,
  type StoredDay,
  type Tail,
  toPaths,
  toTailPaths,
} from './bar-files.ts';
import { type Bar, layOver, toBars } from './bar-rows.ts';
import type { DayBars } from './day-bars.ts';
import type { FileReader } from './file-reader.ts';
import { readSteadily } from './steady-read.ts';
import type { Window } from './windows.ts';

export type BarSource = {
  root: string;
  /** For what takes a few milliseconds. */
  quick: FileReader;
  /** For whole days. */
  days: FileReader;
  dayBars: DayBars;
};

const usPerMinute = 60_000_000;

/** Bars that begin in the window, ascending: of seconds the first or last `limit`, of longer intervals all. */
export async function readWindow(
  source: BarSource,
  instrument: Instrument,
  interval: Interval,
  window: Window,
  limit: number,
  order: 'ASC' | 'DESC',
): Promise<Bar[]> {
  return readFiles(source.root, instrument, window, (days, tail) =>
    interval === '1s'
      ? readSeconds(source, window, limit, order, days, tail)
      : readRollup(source, instrument, interval, window, days, tail),
  );
}

/** Gives `read` the files of the window, again where they were replaced meanwhile. */
export function readFiles<Value>(
  root: string,
  instrument: Instrument,
  { fromUs, toUs }: Window,
  read: (days: StoredDay[], tail: Tail) => Promise<Value>,
): Promise<Value> {
  const list = () => ({
    days: listStoredDays(root, instrument, formatDay(fromUs), formatDay(toUs - 1)),
    tail: findTail(root, instrument),
  });
  const format = ({ days, tail }: ReturnType<typeof list>) => formatStamp(days, tail);
  return readSteadily(list, format, ({ days, tail }) => read(days, tail));
}

async function readSeconds(
  { root, quick }: BarSource,
  { fromUs, toUs }: Window,
  limit: number,
  order: 'ASC' | 'DESC',
  days: StoredDay[],
  tail: Tail,
): Promise<Bar[]> {
  const bars = toBars(
    await quick.query(formatSymbolSeconds(order), {
      ...toPaths(root, days, tail),
      from_us: fromUs,
      to_us: toUs,
      row_limit: limit,
    }),
  );
  return order === 'ASC' ? bars : bars.reverse();
}

async function readRollup(
  source: BarSource,
  instrument: Instrument,
  interval: Interval,
  { fromUs, toUs }: Window,
  days: StoredDay[],
  tail: Tail,
): Promise<Bar[]> {
  const { root, quick, dayBars } = source;
  const widthUs = toWidthUs(interval);
  const isWithin = (startUs: number) => startUs >= fromUs && startUs < toUs;
  const stored = await dayBars.read(source.days, instrument, interval, days);
  const within = stored.filter(({ startUs }) => isWithin(startUs));
  const buckets = (await findBuckets(source, tail, widthUs)).filter((at) => isWithin(at * widthUs));
  if (buckets.length === 0) return within;
  const touched = new Set(buckets.map((at) => formatDay(at * widthUs)));
  const over = await quick.query(formatSymbolRollup(widthUs / 1_000_000), {
    ...toPaths(
      root,
      days.filter(({ day }) => touched.has(day)),
      tail,
    ),
    from_us: buckets.reduce((one, other) => Math.min(one, other)) * widthUs,
    to_us: (buckets.reduce((one, other) => Math.max(one, other)) + 1) * widthUs,
    buckets,
  });
  const replaced = new Set(buckets);
  return layOver(within, toBars(over), (startUs) => replaced.has(startUs / widthUs));
}

/** The intervals the tail says something of, counted from the epoch. */
async function findBuckets(
  { root, quick }: BarSource,
  tail: Tail,
  widthUs: number,
): Promise<number[]> {
  const { rows } = await quick.query(tailMinutes, toTailPaths(root, tail));
  const found = rows.map(([minute]) => Math.floor((Number(minute) * usPerMinute) / widthUs));
  return [...new Set(found)];
}
