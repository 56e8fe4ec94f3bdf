// Bars of one symbol, from partitions and live tail: between two times, or the last ones before a time.

import { join } from 'node:path';
import { usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { type DataQuestion, type Interval, toWidthUs } from '../question.ts';
import {
  type DataContext,
  findEnd,
  freshWithinMs,
  named,
  toBody,
  toVariables,
  writeFile,
} from './data-context.ts';
import { type JsonRows, toObjects } from './json-rows.ts';
import { writeLast } from './last-rows.ts';
import { stepBack } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'bars.sql'));
const viewOf = (interval: Interval) =>
  interval === '1s' ? 'bars_live' : (`bars_live_${interval}` as const);

export type BarRange = { fromUs: number; toUs: number; limit: number };

export async function answerBars(
  question: Extract<DataQuestion, { about: 'bars' }>,
  context: DataContext,
) {
  const { interval, limit } = question;
  const instrument = await context.instruments.find(question);
  await context.tail.freshen([instrument], freshWithinMs);
  const toUs = question.toUs ?? context.clock.nowUs() + usPerDay;
  if (question.format === 'json') {
    const rows = await readRange(context, instrument, interval, { ...question, toUs });
    return toBody({ ...instrument, interval, bars: toObjects(rows, named) });
  }
  if (question.fromUs === undefined) {
    const rows = { key: 'window_start' as const, newestFirst: formatSql(interval, 'DESC') };
    const spanUs = (limit + 2) * toWidthUs(interval);
    return writeLast(context, instrument, { ...rows, toUs, spanUs }, question);
  }
  const range = toVariables(instrument, question.fromUs, toUs);
  const row_limit = Number.MAX_SAFE_INTEGER;
  return writeFile(context, formatSql(interval), { ...range, row_limit }, question);
}

type WantedRange = { fromUs?: number | undefined; toUs: number; limit: number };

function readRange(
  context: DataContext,
  instrument: Instrument,
  interval: Interval,
  { fromUs, toUs, limit }: WantedRange,
): Promise<JsonRows> {
  if (fromUs === undefined) return readLastBars(context, instrument, interval, toUs, limit);
  return readBars(context, instrument, interval, { fromUs, toUs, limit });
}

function formatSql(interval: Interval, order: 'ASC' | 'DESC' = 'ASC'): string {
  return text
    .replaceAll(':order', order)
    .replaceAll(':extra', interval === '1s' ? ', 1 AS seconds' : '')
    .replaceAll(':view', viewOf(interval));
}

/** The first `limit` bars of the range. */
export function readBars(
  { reader }: DataContext,
  instrument: Instrument,
  interval: Interval,
  { fromUs, toUs, limit }: BarRange,
): Promise<JsonRows> {
  return reader.query(formatSql(interval), {
    ...toVariables(instrument, fromUs, toUs),
    row_limit: limit,
  });
}

/** The last `limit` bars that begin before `toUs`, ascending. */
async function readLastBars(
  context: DataContext,
  instrument: Instrument,
  interval: Interval,
  toUs: number,
  limit: number,
): Promise<JsonRows> {
  const { firstUs, endUs } = await findEnd(context, instrument, toUs);
  const sql = formatSql(interval, 'DESC');
  let found: JsonRows = { columns: [], rows: [] };
  for (const window of stepBack(firstUs, endUs, (limit + 2) * toWidthUs(interval))) {
    const variables = toVariables(instrument, window.fromUs, window.toUs);
    const row_limit = limit - found.rows.length;
    const { columns, rows } = await context.reader.query(sql, { ...variables, row_limit });
    found = { columns, rows: [...rows.reverse(), ...found.rows] };
    if (found.rows.length >= limit) break;
  }
  return found;
}
