// The demo's questions to its lake: SQL from `sql/`, asked through the mode `query`.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runMode } from '../program/program.ts';
import type { RecordedTrades } from './comparison.ts';
import type { SentTrades } from './feed.ts';

const id = z.coerce.number();
const tradesSchema = z.array(
  z.object({ symbol: z.string(), trades: id, first_id: id, last_id: id }),
);

/** The answer as a table for people. */
export async function queryTable(root: string, name: 'latest-bars' | 'bars-by-symbol') {
  return runMode('query', root, ['--', await readSql(name)]);
}

/** The trades in the lake from the first that was sent on, per symbol. */
export async function queryTrades(
  root: string,
  sent: readonly SentTrades[],
): Promise<RecordedTrades[]> {
  const firstIds = Object.fromEntries(sent.map(({ symbol, firstId }) => [symbol, firstId]));
  const sql = (await readSql('trades-sent')).replaceAll('{first_ids}', JSON.stringify(firstIds));
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
