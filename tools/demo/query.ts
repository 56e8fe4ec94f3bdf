// The demo's questions to its lake: SQL from `sql/`, asked through the mode `query`.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runMode } from '../program/program.ts';
import type { RecordedTrades } from './comparison.ts';

const id = z.coerce.number();
const tradesSchema = z.array(
  z.object({ symbol: z.string(), trades: id, first_id: id, last_id: id }),
);

/** The answer as a table for people. */
export async function queryTable(root: string, name: 'latest-bars' | 'bars-by-symbol') {
  return runMode('query', root, ['--', await readSql(name)]);
}

/** The trades in the lake that happened at `sinceMs` (since the epoch) or later, per symbol. */
export async function queryTrades(root: string, sinceMs: number): Promise<RecordedTrades[]> {
  const sql = (await readSql('trades-since')).replaceAll(
    '{since}',
    new Date(sinceMs).toISOString(),
  );
  const answer = await runMode('query', root, ['--format', 'json', '--', sql]);
  return tradesSchema.parse(JSON.parse(answer)).map(({ symbol, trades, first_id, last_id }) => ({
    symbol,
    trades,
    firstId: first_id,
    lastId: last_id,
  }));
}

function readSql(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, 'sql', `${name}.sql`), 'utf8');
}
