// Trades of one symbol, from partitions and live tail: between two times, or the last ones before a time.

import { join } from 'node:path';
import { usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { DataQuestion } from '../question.ts';
import { named } from './bar-rows.ts';
import { type DataContext, findEnd, toBody, toVariables, writeFile } from './data-context.ts';
import { type JsonRows, toObjects } from './json-rows.ts';
import { writeLast } from './last-rows.ts';
import { stepBack } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'trades.sql'));
const ascending = text.replace(/:order$/m, 'ASC');
const newestFirst = text.replace(/:order$/m, 'DESC');
const firstSpanUs = 10 * 60_000_000;
const noLimit = Number.MAX_SAFE_INTEGER;

type TradeRange = { fromUs: number; toUs: number; limit: number };

export async function answerTrades(
  question: Extract<DataQuestion, { about: 'trades' }>,
  context: DataContext,
) {
  const { limit, fromUs, format } = question;
  const instrument = await context.instruments.find(question);
  await context.tail.keepFresh(instrument);
  const toUs = Math.min(question.toUs ?? noLimit, context.clock.nowUs() + usPerDay);
  if (format === 'json') {
    const found =
      fromUs === undefined
        ? await readLastTrades(context, instrument, toUs, limit)
        : await readTrades(context, instrument, { fromUs, toUs, limit });
    return toBody({ ...instrument, trades: toObjects(found, named) });
  }
  if (fromUs === undefined) {
    const last = { key: 'trade_id' as const, newestFirst, toUs, spanUs: firstSpanUs };
    return writeLast(context, instrument, last, question);
  }
  const range = { ...toVariables(instrument, fromUs, toUs), row_limit: noLimit };
  return writeFile(context, ascending, range, question);
}

function readTrades(
  { reader }: DataContext,
  instrument: Instrument,
  { fromUs, toUs, limit }: TradeRange,
): Promise<JsonRows> {
  return reader.query(ascending, { ...toVariables(instrument, fromUs, toUs), row_limit: limit });
}

/** The last `limit` trades before `toUs`, ascending. */
async function readLastTrades(
  context: DataContext,
  instrument: Instrument,
  toUs: number,
  limit: number,
): Promise<JsonRows> {
  const { firstUs, endUs } = await findEnd(context, instrument, toUs);
  let found: JsonRows = { columns: [], rows: [] };
  for (const window of stepBack(firstUs, endUs, firstSpanUs)) {
    const variables = toVariables(instrument, window.fromUs, window.toUs);
    const row_limit = limit - found.rows.length;
    const { columns, rows } = await context.reader.query(newestFirst, { ...variables, row_limit });
    found = { columns, rows: [...rows.reverse(), ...found.rows] };
    if (found.rows.length >= limit) break;
  }
  return found;
}
