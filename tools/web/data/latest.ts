// The last trade and the last best bid and ask of one symbol, and how far it is known.

import { join } from 'node:path';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { DataQuestion } from '../question.ts';
import { type DataContext, findEnd, freshWithinMs, toBody, toVariables } from './data-context.ts';
import { toObjects } from './json-rows.ts';
import { stepBack } from './windows.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const lastTrade = readOwn('last-trade');
const liveHead = readOwn('live-head');
const firstSpanUs = 180_000_000;

export async function answerLatest(
  question: Extract<DataQuestion, { about: 'latest' }>,
  context: DataContext,
) {
  const instrument = await context.instruments.find(question);
  await context.tail.freshen([instrument], freshWithinMs);
  const trade = (await findLast(context, instrument, lastTrade, 'trade_id')) ?? null;
  const { quote } = await findHead(context, instrument);
  return toBody({ ...instrument, trade, quote });
}

/** `newestUs`: start of the newest second there is a bar of. */
export async function findHead(context: DataContext, instrument: Instrument) {
  const row = await findLast(context, instrument, liveHead, 'newest_us');
  if (row === undefined) return { newestUs: undefined, quote: null };
  const { newest_us: newestUs, ...quote } = row;
  return { newestUs: Number(newestUs), quote: quote.bid === null ? null : quote };
}

/** The row of the last stretch of time in which there is one: `column` is not null there. */
async function findLast(context: DataContext, instrument: Instrument, sql: string, column: string) {
  const { firstUs, endUs } = await findEnd(context, instrument);
  for (const { fromUs, toUs } of stepBack(firstUs, endUs, firstSpanUs)) {
    const [row] = toObjects(await context.reader.query(sql, toVariables(instrument, fromUs, toUs)));
    if (row?.[column] != null) return row;
  }
  return undefined;
}
