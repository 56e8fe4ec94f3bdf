// The last rows of a symbol as a file, however many: first is found how far they reach back, then they are written from
// there on. No row of them passes through this process.

import { join } from 'node:path';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import type { Answer, WantedRows } from '../question.ts';
import { type DataContext, findEnd, toVariables, writeFile } from './data-context.ts';
import { stepBack } from './windows.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const reach = readOwn('reach');
const ascending = readOwn('ascending');
const timeColumns = { window_start: 'window_start', trade_id: 'trade_time' } as const;

export type LastRows = {
  /** By what they are in order. */
  key: keyof typeof timeColumns;
  /** SQL of bars or trades, from the newest on. */
  newestFirst: string;
  /** Exclusive, µs. */
  toUs: number;
  /** Where the rows are looked for first, µs. */
  spanUs: number;
};

export async function writeLast(
  context: DataContext,
  instrument: Instrument,
  { key, newestFirst, toUs, spanUs }: LastRows,
  wanted: WantedRows,
): Promise<Answer> {
  const { firstUs, endUs } = await findEnd(context, instrument, toUs);
  const fill = (sql: string, column: string) =>
    sql.replaceAll(':column', column).replace(':query', () => newestFirst);
  const reaching = fill(reach, timeColumns[key]);
  let [startUs, row_limit] = [endUs, wanted.limit];
  for (const window of stepBack(firstUs, endUs, spanUs)) {
    const variables = toVariables(instrument, window.fromUs, window.toUs);
    const [row] = (await context.reader.query(reaching, { ...variables, row_limit })).rows;
    const [count, foundUs] = (row ?? []).map(Number);
    if (!count) continue;
    startUs = foundUs!;
    row_limit -= count;
    if (row_limit <= 0) break;
  }
  const range = { ...toVariables(instrument, startUs, endUs), row_limit: wanted.limit };
  return writeFile(context, fill(ascending, key), range, wanted);
}
