// The symbols of the lake: their days, whether they are being recorded, and how many decimals their prices have.

import { join } from 'node:path';
import type { Config } from '../../../lake/config.ts';
import { startOfDayUs, usPerDay } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { type DataContext, toBody, toTimeVariables, toVariables } from './data-context.ts';
import { stepBack } from './windows.ts';

const text = readSql(join(import.meta.dirname, '..', 'sql', 'price-decimals.sql'));
const ofAll = text.replace(/:whose$/m, 'true');
const ofOne = text.replace(
  /:whose$/m,
  `exchange = getvariable('exchange') AND symbol = getvariable('symbol')`,
);
/** Where no price is known yet. */
const defaultDecimals = 2;
const firstSpanUs = 10 * 60_000_000;

/** Prices of a symbol keep their decimals: what was found once is not looked for again. */
const decimalsFound = new Map<string, number>();

export async function answerSymbols(context: DataContext) {
  const { instruments } = context;
  const symbols: object[] = [];
  const listed = sortAsConfigured(await instruments.list(), context.config);
  await findRecent(context, listed);
  for (const instrument of listed) {
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

/** In the order of the configuration; then those it no longer names, by name. */
export function sortAsConfigured(
  listed: readonly Instrument[],
  { exchanges }: Pick<Config, 'exchanges'>,
): Instrument[] {
  const wanted = Object.entries(exchanges).flatMap(([exchange, { symbols }]) =>
    symbols.map((symbol) => formatKey({ exchange, symbol })),
  );
  const places = new Map(wanted.map((key, place) => [key, place]));
  const findPlace = (each: Instrument) => places.get(formatKey(each)) ?? wanted.length;
  const byName = [...listed].sort((a, b) => (formatKey(a) < formatKey(b) ? -1 : 1));
  return byName.sort((a, b) => findPlace(a) - findPlace(b));
}

/** Of all that are being recorded, in one query. */
async function findRecent({ clock, reader }: DataContext, listed: readonly Instrument[]) {
  if (listed.every((instrument) => decimalsFound.has(formatKey(instrument)))) return;
  const nowUs = clock.nowUs();
  const { rows } = await reader.query(ofAll, toTimeVariables(nowUs - firstSpanUs, nowUs));
  for (const [exchange, symbol, decimals] of rows) {
    if (typeof decimals === 'number') decimalsFound.set(`${exchange}/${symbol}`, decimals);
  }
}

async function findDecimals(context: DataContext, instrument: Instrument): Promise<number> {
  const key = formatKey(instrument);
  const known = decimalsFound.get(key);
  if (known !== undefined) return known;
  const days = await context.instruments.findDays(instrument);
  if (days === undefined) return defaultDecimals;
  // Not `findEnd`: the newest price is not needed, and what is over ends with its last day.
  const endUs = Math.min(context.clock.nowUs(), startOfDayUs(days.last) + usPerDay);
  const firstUs = startOfDayUs(days.first) - usPerDay;
  for (const { fromUs, toUs } of stepBack(firstUs, endUs, firstSpanUs)) {
    const variables = toVariables(instrument, fromUs, toUs);
    const [, , decimals] = (await context.reader.query(ofOne, variables)).rows[0] ?? [];
    if (typeof decimals !== 'number') continue;
    decimalsFound.set(key, decimals);
    return decimals;
  }
  return defaultDecimals;
}

function formatKey({ exchange, symbol }: Instrument): string {
  return `${exchange}/${symbol}`;
}
