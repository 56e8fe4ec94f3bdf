// The instruments of a lake as a program lists them: all that have raw parts or partitions, with the days of their bars.

import { join } from 'node:path';
import { readSql } from '../lake/duckdb.ts';
import { listAllInstruments } from '../transformer/stored-instruments.ts';
import { decodeObjects, type Reader } from './reader.ts';
import type { LakeSymbol } from './rows.ts';

const symbolsSql = readSql(join(import.meta.dirname, 'sql', 'symbols.sql'));

/** By name. */
export async function listSymbols(
  reader: Reader,
  root: string,
  isLive: boolean,
): Promise<LakeSymbol[]> {
  const sql = symbolsSql.replace(':view', isLive ? 'bars_live' : 'bars_1s');
  const rows = reader.read('list symbols', sql, [], decodeObjects) as AsyncIterable<LakeSymbol>;
  const withBars = await Array.fromAsync(rows);
  return (await listAllInstruments(root)).map(({ exchange, symbol }) => {
    const found = withBars.find((one) => one.exchange === exchange && one.symbol === symbol);
    return found ?? { exchange, symbol, firstDay: null, lastDay: null };
  });
}
