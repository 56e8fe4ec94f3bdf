// Trades of one symbol, from partitions and live tail: between two times, or the last ones before a time.

import { join } from 'node:path';
import { startOfDayUs, usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { DataQuestion } from '../question.ts';
import {
  type DataContext,
  freshWithinMs,
  named,
  toBody,
  toVariables,
  writeFile,
} from './data-context.ts';
import { type JsonRows, parseRowTimeUs, toObjects } from './json-rows.ts';
import { stepBack } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'trades.sql'));
const firstSpanUs = 10 * 60_000_000;
const noLimit = Number.MAX_SAFE_INTEGER;

type TradeRange = { fromUs: number; toUs: number; limit: number };

export async function answerTrades(
  question: Extract<DataQuestion, { about: 'trades' }>,
  context: DataContext,
) {
  const { limit, fromUs, format } = question;
  const instrument = await context.instruments.find(question);
  await context.tail.freshen([instrument], freshWithinMs);
  const toUs = Math.min(question.toUs ?? noLimit, context.clock.nowUs() + usPerDay);
  if (format === 'json') {
    const found =
      fromUs === undefined
        ? await readLastTrades(context, instrument, toUs, limit)
        : await readTrades(context, instrument, { fromUs, toUs, limit });
    return toBody({ ...instrument, trades: toObjects(found, named) });
  }
  const startUs = fromUs ?? (await findStart(context, instrument, toUs, limit));
  const range = { ...toVariables(instrument, startUs, toUs), row_limit: noLimit };
  return writeFile(context, text, range, question);
}

function readTrades(
  { reader }: DataContext,
  instrument: Instrument,
  { fromUs, toUs, limit }: TradeRange,
): Promise<JsonRows> {
  return reader.query(text, { ...toVariables(instrument, fromUs, toUs), row_limit: limit });
}

/** The last `limit` trades before `toUs`, ascending. */
async function readLastTrades(
  context: DataContext,
  instrument: Instrument,
  toUs: number,
  limit: number,
): Promise<JsonRows> {
  const days = await context.instruments.findDays(instrument);
  const firstUs = days === undefined ? toUs - usPerDay : startOfDayUs(days.first) - usPerDay;
  const endUs = Math.min(toUs, context.clock.nowUs() + firstSpanUs);
  let found: JsonRows = { columns: [], rows: [] };
  for (const window of stepBack(firstUs, endUs, 2 * firstSpanUs)) {
    const more = await readTrades(context, instrument, { ...window, limit: noLimit });
    found = { columns: more.columns, rows: [...more.rows, ...found.rows].slice(-limit) };
    if (found.rows.length >= limit) break;
  }
  return found;
}

/** When the last `limit` trades begin, µs. */
async function findStart(
  context: DataContext,
  instrument: Instrument,
  toUs: number,
  limit: number,
): Promise<number> {
  const [first] = toObjects(await readLastTrades(context, instrument, toUs, limit));
  return first === undefined ? toUs : parseRowTimeUs(String(first.trade_time));
}
