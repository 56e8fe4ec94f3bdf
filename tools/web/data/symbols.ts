// The symbols of the lake: their days, whether they are being recorded, and how many decimals their prices have.

import { join } from 'node:path';
import type { Config } from '../../../lake/config.ts';
import { addDays, type Day } from '../../../lake/day.ts';
import { readSql } from '../../../lake/duckdb.ts';
import type { Instrument } from '../../../lake/layout.ts';
import { emptyPath } from '../../../transformer/catalog/empty-files.ts';
import { findTail, listStoredDays } from './bar-files.ts';
import { type DataContext, toBody } from './data-context.ts';
import { readSteadily } from './steady-read.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const pricesEndSql = readOwn('prices-end');
const decimalsSql = readOwn('price-decimals');
/** Where no price is known yet. */
const defaultDecimals = 2;
/** Of the end of a file, what is looked at. */
const spanUs = 10 * 60_000_000;
/** Days without a file, from the last one back. */
const maxDays = 400;

/** Prices of a symbol keep their decimals: what was found once is not looked for again. */
const decimalsFound = new Map<string, number>();

export async function answerSymbols(context: DataContext) {
  const { instruments } = context;
  const symbols: object[] = [];
  const listed = sortAsConfigured(await instruments.list(), context.config);
  await findDecimals(context, listed);
  for (const instrument of listed) {
    const days = await instruments.findDays(instrument);
    symbols.push({
      ...instrument,
      first_day: days?.first ?? null,
      last_day: days?.last ?? null,
      is_live: await instruments.isLive(instrument),
      price_decimals: decimalsFound.get(formatKey(instrument)) ?? defaultDecimals,
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

type LastFile = { path: string; stamp: string };

/** Of those whose prices are not known yet: by the end of their last partition, and by the live tail. */
async function findDecimals(context: DataContext, listed: readonly Instrument[]): Promise<void> {
  const { root, instruments } = context;
  const unknown = listed.filter((instrument) => !decimalsFound.has(formatKey(instrument)));
  const days = await Promise.all(unknown.map((instrument) => instruments.findDays(instrument)));
  const list = () => unknown.flatMap((each, at) => listLastFiles(root, each, days[at]));
  const format = (files: readonly LastFile[]) => files.map(({ stamp }) => stamp).join(' ');
  const found = await readSteadily(list, format, (files) => readDecimals(context, files));
  for (const [exchange, symbol, decimals] of found) {
    if (typeof decimals === 'number') decimalsFound.set(`${exchange}/${symbol}`, decimals);
  }
}

async function readDecimals({ root, quick }: DataContext, files: readonly LastFile[]) {
  if (files.length === 0) return [];
  const paths = [emptyPath(root, 'bars_1s'), ...files.map(({ path }) => path)];
  const ends = (await quick.query(pricesEndSql, { paths })).rows.map(([us]) => us);
  const fromUs = ends.flatMap((us) => (us == null ? [] : [Number(us) - spanUs]));
  if (fromUs.length === 0) return [];
  const from_us = fromUs.reduce((one, other) => Math.min(one, other));
  return (await quick.query(decimalsSql, { paths, from_us, span_us: spanUs })).rows;
}

function listLastFiles(
  root: string,
  instrument: Instrument,
  days: { first: Day; last: Day } | undefined,
): LastFile[] {
  const { sealed, open } = findTail(root, instrument);
  const stored = days && findLastStored(root, instrument, days);
  const files = stored === undefined ? [sealed, open] : [stored, sealed, open];
  return files.filter(({ stamp }) => stamp !== '');
}

function findLastStored(root: string, instrument: Instrument, days: { first: Day; last: Day }) {
  for (let [day, count] = [days.last, 0]; day >= days.first && count < maxDays; count++) {
    const [found] = listStoredDays(root, instrument, day, day);
    if (found !== undefined) return found;
    day = addDays(day, -1);
  }
  return undefined;
}

function formatKey({ exchange, symbol }: Instrument): string {
  return `${exchange}/${symbol}`;
}
