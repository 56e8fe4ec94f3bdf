// The symbols of the lake: their days, whether they are being recorded, and how many decimals their prices have.

import { join } from 'node:path';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { type DataContext, findEnd, toBody, toVariables } from './data-context.ts';
import { stepBack } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'price-decimals.sql'));
/** Where no price is known yet. */
const defaultDecimals = 2;
const firstSpanUs = 10 * 60_000_000;

/** Prices of a symbol keep their decimals: what was found once is not looked for again. */
const decimalsFound = new Map<string, number>();

export async function answerSymbols(context: DataContext) {
  const { instruments } = context;
  const symbols: object[] = [];
  for (const instrument of await instruments.list()) {
    const days = await instruments.findDays(instrument);
    symbols.push({
      ...instrument,
      first_day: days?.first ?? null,
      last_day: days?.last ?? null,
      is_live: await instruments.isLive(instrument),
      price_decimals: await findDecimals(context, instrument),
    });
  }
  return toBody({ symbols });
}

async function findDecimals(context: DataContext, instrument: Instrument): Promise<number> {
  const key = `${instrument.exchange}/${instrument.symbol}`;
  const known = decimalsFound.get(key);
  if (known !== undefined) return known;
  const { firstUs, endUs } = await findEnd(context, instrument);
  for (const { fromUs, toUs } of stepBack(firstUs, endUs, firstSpanUs)) {
    const variables = toVariables(instrument, fromUs, toUs);
    const [decimals] = (await context.reader.query(text, variables)).rows[0] ?? [];
    if (typeof decimals !== 'number') continue;
    decimalsFound.set(key, decimals);
    return decimals;
  }
  return defaultDecimals;
}
