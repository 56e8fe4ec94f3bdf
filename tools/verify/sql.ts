// The statements of verification, read once from their `.sql` files, and the rules of data quality by
// name. A rule defines the view `offenders`: the rows that break it.

import { join } from 'node:path';
import { readSql } from '../../lake/duckdb.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));
const readRules = (names: readonly string[]): Rule[] =>
  names.map((name) => ({ name, sql: readOwn(join('rules', name)) }));

/** One rule: its name in findings, and the statement that defines its offenders. */
export type Rule = { name: string; sql: string };

export const statements = {
  loadBars: readOwn('load-bars'),
  openTrades: readOwn('open-trades'),
  barsFacts: readOwn('bars-facts'),
  tradesFacts: readOwn('trades-facts'),
  idGaps: readOwn('id-gaps'),
  worstOffenders: readOwn('worst-offenders'),
  writeSeedBars: readOwn('write-seed-bars'),
  writeSeedTrades: readOwn('write-seed-trades'),
  columns: readOwn('columns'),
  writers: readOwn('writers'),
  differingRows: readOwn('differing-rows'),
  changedSeconds: readOwn('changed-seconds'),
} as const;

/** What holds for every row of bars. */
export const barRules = readRules([
  'window-order',
  'price-order',
  'price-positive',
  'quote-order',
  'spread-width',
  'volume-order',
  'trade-count',
  'flat-bar',
  'finite',
]);

/** What holds for every row of trades. */
export const tradeRules = readRules(['trade-order', 'trade-values']);

/** What holds between the two. */
export const jointRules = readRules(['bars-equal-trades', 'complete-seconds']);
