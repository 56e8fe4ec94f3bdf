// The last trade and the last best bid and ask of one symbol.

import { join } from 'node:path';
import { startOfDayUs, usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { DataQuestion } from '../question.ts';
import { type DataContext, freshWithinMs, toBody, toVariables } from './data-context.ts';
import { toObjects } from './json-rows.ts';
import { stepBack } from './windows.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const lastTrade = readOwn('last-trade');
const lastQuote = readOwn('last-quote');
const firstSpanUs = 60_000_000;

export async function answerLatest(
  question: Extract<DataQuestion, { about: 'latest' }>,
  context: DataContext,
) {
  const instrument = await context.instruments.find(question);
  await context.tail.freshen([instrument], freshWithinMs);
  return toBody({
    ...instrument,
    trade: await findLast(context, instrument, lastTrade),
    quote: await findLast(context, instrument, lastQuote),
  });
}

async function findLast(
  { instruments, reader, clock }: DataContext,
  instrument: Instrument,
  sql: string,
) {
  const days = await instruments.findDays(instrument);
  if (days === undefined) return null;
  const firstUs = startOfDayUs(days.first) - usPerDay;
  for (const { fromUs } of stepBack(firstUs, clock.nowUs() + firstSpanUs, 2 * firstSpanUs)) {
    const [row] = toObjects(
      await reader.query(sql, { ...toVariables(instrument), from_us: fromUs }),
    );
    if (row !== undefined) return row;
  }
  return null;
}
