// Trades of one symbol, from partitions and live tail: between two times, or the last ones before a time.

import { join } from 'node:path';
import { startOfDayUs, usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { DataQuestion } from '../question.ts';
import { type DataContext, freshWithinMs, named, toBody, toVariables } from './data-context.ts';
import { type JsonRows, toObjects } from './json-rows.ts';
import { stepBack } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'trades.sql'));
const firstSpanUs = 10 * 60_000_000;

export async function answerTrades(
  question: Extract<DataQuestion, { about: 'trades' }>,
  context: DataContext,
) {
  const { limit, fromUs } = question;
  const { reader, instruments, clock, tail } = context;
  const instrument = await instruments.find(question);
  await tail.freshen([instrument], freshWithinMs);
  const endUs = Math.min(question.toUs ?? Number.MAX_SAFE_INTEGER, clock.nowUs() + usPerDay);
  const read = (fromUs: number, toUs: number, row_limit: number) =>
    reader.query(text, { ...toVariables(instrument, fromUs, toUs), row_limit });
  if (fromUs !== undefined) {
    return toBody({ ...instrument, trades: toObjects(await read(fromUs, endUs, limit), named) });
  }
  const days = await instruments.findDays(instrument);
  const firstUs = days === undefined ? endUs - usPerDay : startOfDayUs(days.first) - usPerDay;
  let found: JsonRows = { columns: [], rows: [] };
  for (const window of stepBack(firstUs, endUs, firstSpanUs)) {
    const more = await read(window.fromUs, window.toUs, Number.MAX_SAFE_INTEGER);
    found = { columns: more.columns, rows: [...more.rows, ...found.rows].slice(-limit) };
    if (found.rows.length >= limit) break;
  }
  return toBody({ ...instrument, trades: toObjects(found, named) });
}
