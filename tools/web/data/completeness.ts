// How complete the lake is: a row per symbol and day, and a row per stretch that is missing.

import { join } from 'node:path';
import { usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { DataQuestion, WantedDays } from '../question.ts';
import { Refusal } from '../refusal.ts';
import { type DataContext, toBody, toTimeVariables } from './data-context.ts';
import { type JsonRows, toObjects } from './json-rows.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const qualitySql = readOwn('quality');
const gapsSql = readOwn('gaps');
const maxRows = 10_000;

export async function answerQuality(
  question: Extract<DataQuestion, { about: 'quality' }>,
  context: DataContext,
) {
  const { fromUs, toUs } = boundTimes(question, context);
  const found = await context.reader.query(qualitySql, {
    ...(await findNames(question, context)),
    ...toTimeVariables(fromUs, toUs),
    row_limit: maxRows + 1,
  });
  return toBody({ days: toObjects(rejectMany(found)) });
}

export async function answerGaps(
  question: Extract<DataQuestion, { about: 'gaps' }>,
  context: DataContext,
) {
  const { fromUs, toUs } = boundTimes(question, context);
  const found = await context.reader.query(gapsSql, {
    ...(await findNames(question, context)),
    ...toTimeVariables(fromUs, toUs),
    row_limit: maxRows + 1,
  });
  return toBody({ gaps: toObjects(rejectMany(found)) });
}

async function findNames({ symbol, exchange }: WantedDays, { instruments }: DataContext) {
  if (symbol === undefined) return { exchange: exchange ?? null, symbol: null };
  return instruments.find({ symbol, exchange });
}

function boundTimes({ fromUs = 0, toUs }: WantedDays, { clock }: DataContext) {
  return { fromUs, toUs: toUs ?? clock.nowUs() + usPerDay };
}

/** What is cut in silence would look complete. */
function rejectMany(found: JsonRows): JsonRows {
  if (found.rows.length <= maxRows) return found;
  throw new Refusal(
    400,
    `bad request: more than ${maxRows} rows; ask for fewer days, or one symbol`,
  );
}
