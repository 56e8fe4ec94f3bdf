// Bars of one symbol, from partitions and live tail: between two times, or the last ones before a time.

import { join } from 'node:path';
import { usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Interval } from '../../../lake/interval.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { type DataQuestion, toWidthUs } from '../question.ts';
import type { Bar } from './bar-rows.ts';
import { aheadUs, type DataContext, findEnd, toVariables, writeFile } from './data-context.ts';
import { writeLast } from './last-rows.ts';
import { readWindow } from './symbol-bars.ts';
import { growth, stepForward } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'bars.sql'));

export type BarRange = { fromUs: number; toUs: number; limit: number };

export async function answerBars(
  question: Extract<DataQuestion, { about: 'bars' }>,
  context: DataContext,
) {
  const { interval, limit, format } = question;
  const instrument = await context.instruments.find(question);
  const toUs = question.toUs ?? context.clock.nowUs() + usPerDay;
  const { fromUs } = question;
  const read = () =>
    fromUs === undefined
      ? readLastBars(context, instrument, interval, toUs, limit)
      : readBars(context, instrument, interval, { fromUs, toUs, limit });
  if (format === 'json' && question.isAtOnce) {
    const bars = await read();
    if (bars.length > 0) return toBarsBody(instrument, interval, bars);
  }
  await context.tail.keepFresh(instrument);
  if (format === 'json') return toBarsBody(instrument, interval, await read());
  if (fromUs === undefined) {
    const rows = { key: 'window_start' as const, newestFirst: formatViewSql(interval, 'DESC') };
    const spanUs = (limit + 2) * toWidthUs(interval);
    return writeLast(context, instrument, { ...rows, toUs, spanUs }, question);
  }
  const range = { ...toVariables(instrument, fromUs, toUs), row_limit: Number.MAX_SAFE_INTEGER };
  return writeFile(context, formatViewSql(interval, 'ASC'), range, question);
}

function toBarsBody(instrument: Instrument, interval: Interval, bars: readonly Bar[]) {
  const head = JSON.stringify({ ...instrument, interval }).slice(0, -1);
  return { body: Buffer.from(`${head},"bars":[${bars.map(({ text }) => text).join(',')}]}`) };
}

/** Files hold any number of rows: they are written by the views themselves. */
function formatViewSql(interval: Interval, order: 'ASC' | 'DESC'): string {
  return text
    .replaceAll(':order', order)
    .replaceAll(':extra', interval === '1s' ? ', 1 AS seconds' : '')
    .replaceAll(':view', interval === '1s' ? 'bars_live' : `bars_live_${interval}`);
}

/** The first `limit` bars of the range. */
export async function readBars(
  context: DataContext,
  instrument: Instrument,
  interval: Interval,
  { fromUs, toUs, limit }: BarRange,
): Promise<Bar[]> {
  const { firstUs, endUs } = await findEnd(context, instrument, toUs);
  const found: Bar[] = [];
  const spanUs = (limit + 2) * toWidthUs(interval);
  for (const window of stepForward(Math.max(firstUs, fromUs), endUs, spanUs)) {
    const left = limit - found.length;
    const bars = await readWindow(context, instrument, interval, window, left, 'ASC');
    found.push(...bars.slice(0, left));
    if (found.length >= limit) break;
  }
  return found;
}

/** The last `limit` bars that begin before `toUs`, ascending. */
async function readLastBars(
  context: DataContext,
  instrument: Instrument,
  interval: Interval,
  toUs: number,
  limit: number,
): Promise<Bar[]> {
  const { firstUs, endUs } = await findEnd(context, instrument, toUs);
  const widthUs = toWidthUs(interval);
  let found: Bar[] = [];
  // There are no bars yet where the end is ahead of our clock.
  let spanUs = (limit + 2) * widthUs + aheadUs;
  for (let untilUs = endUs; untilUs > firstUs && found.length < limit; ) {
    const window = { fromUs: Math.max(firstUs, untilUs - spanUs), toUs: untilUs };
    const left = limit - found.length;
    const bars = await readWindow(context, instrument, interval, window, left, 'DESC');
    found = [...bars.slice(-left), ...found];
    const isDense = bars.length * widthUs * 2 > spanUs;
    spanUs = isDense ? (limit - found.length + 2) * widthUs : spanUs * growth;
    untilUs = window.fromUs;
  }
  return found;
}
