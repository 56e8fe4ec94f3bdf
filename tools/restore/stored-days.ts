// Which days a store has of what is asked for: found by listing it, so that nothing of the lake has to be
// here. A day is there when the manifest of its bars is, which is sent after everything else. A name that is none of
// the lake's is passed over, whoever has put it there: it would lead out of its place.

import { isSymbol } from '../../lake/config-schema.ts';
import { type Day, isDay } from '../../lake/day.ts';
import type { Instrument } from '../../lake/layout.ts';
import { isExchange } from '../../transformer/parts.ts';
import type { ObjectStore } from '../store/store.ts';

export type RestoreScope = {
  exchange: string | undefined;
  symbol: string | undefined;
  from: Day;
  to: Day;
};

/** A day and what is to be fetched for it at most. */
export type StoredDay = { instrument: Instrument; day: Day; bytes: number };

const barsKey =
  /^parquet\/([^/]+)\/([^/]+)\/year=(\d{4})\/month=(\d{2})\/day=(\d{2})\/bars_1s\.(parquet|manifest\.json)$/;

/** The days of the scope, by instrument and day. Keeps only those in memory. */
export async function listStoredDays(
  store: ObjectStore,
  scope: RestoreScope,
  signal: AbortSignal,
): Promise<StoredDay[]> {
  const days = new Map<string, StoredDay & { isComplete: boolean }>();
  for await (const { key, bytes } of store.list(formatPrefix(scope), signal)) {
    const match = barsKey.exec(key);
    if (match === null) continue;
    const [, exchange, symbol, year, month, date, kind] = match;
    const day = `${year}-${month}-${date}`;
    if (!isExchange(exchange!) || !isSymbol(symbol!) || !isDay(day)) continue;
    if (!isWithin(scope, { exchange: exchange!, symbol: symbol! }, day)) continue;
    const name = `${exchange}/${symbol} ${day}`;
    const known = days.get(name);
    days.set(name, {
      instrument: { exchange: exchange!, symbol: symbol! },
      day,
      bytes: (known?.bytes ?? 0) + bytes,
      isComplete: known?.isComplete === true || kind === 'manifest.json',
    });
  }
  const complete = [...days.entries()].filter(([, { isComplete }]) => isComplete);
  return complete
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { instrument, day, bytes }]) => ({ instrument, day, bytes }));
}

function formatPrefix({ exchange, symbol }: RestoreScope): string {
  if (exchange === undefined) return 'parquet/';
  return symbol === undefined ? `parquet/${exchange}/` : `parquet/${exchange}/${symbol}/`;
}

export function isWithin(scope: RestoreScope, instrument: Instrument, day: Day): boolean {
  const { exchange = instrument.exchange, symbol = instrument.symbol, from, to } = scope;
  const isChosen = exchange === instrument.exchange && symbol === instrument.symbol;
  return isChosen && day >= from && day <= to;
}
