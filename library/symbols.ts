// What a lake holds, as a program lists it: its instruments, those that have raw parts or partitions, with the days of
// their bars; and how complete each day is.

import { join } from 'node:path';
import { formatDay } from '../lake/day.ts';
import { readSql } from '../lake/duckdb.ts';
import { listAllInstruments } from '../transformer/stored-instruments.ts';
import { askOwn } from './asks.ts';
import { listObjects } from './plain-rows.ts';
import type { Quality, QualityRequest } from './quality.ts';
import type { Reader } from './reader.ts';
import type { LakeSymbol } from './rows.ts';
import { parseSpan } from './time.ts';

const symbolsSql = readSql(join(import.meta.dirname, 'sql', 'symbols.sql'));
const qualitySql = readSql(join(import.meta.dirname, 'sql', 'quality.sql'));

/** By name. */
export async function listSymbols(
  reader: Reader,
  root: string,
  isLive: boolean,
): Promise<LakeSymbol[]> {
  const sql = symbolsSql.replace(':view', isLive ? 'bars_live' : 'bars_1s');
  const rows = listObjects<LakeSymbol>(reader.read('list symbols', [askOwn(sql)]));
  const withBars = await Array.fromAsync(rows);
  return (await listAllInstruments(root)).map(({ exchange, symbol }) => {
    const found = withBars.find((one) => one.exchange === exchange && one.symbol === symbol);
    return found ?? { exchange, symbol, firstDay: null, lastDay: null };
  });
}

/** By exchange, symbol and day. */
export function listQuality(reader: Reader, request: QualityRequest): AsyncGenerator<Quality> {
  const { startUs, stopUs } = parseSpan(request);
  const ask = askOwn(qualitySql, {
    exchange: request.exchange ?? null,
    symbol: request.symbol ?? null,
    from_day: formatDay(startUs),
    to_day: formatDay(stopUs - 1),
  });
  return listObjects(reader.read('read quality', [ask]));
}
