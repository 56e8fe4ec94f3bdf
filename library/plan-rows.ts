// From what a caller asks for to statements on the views: which view, which statement, which stretches of time.

import { join } from 'node:path';
import { usPerSecond } from '../lake/day.ts';
import { readSql } from '../lake/duckdb.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Instrument } from '../lake/layout.ts';
import { type BarRequest, type Interval, intervalSeconds, intervals } from './bar.ts';
import { decodeObjects, type Reader } from './reader.ts';
import { type DayRows, planBarSlices, planTradeSlices } from './slices.ts';
import type { Plan } from './table.ts';
import { parseSpan, type Span } from './time.ts';
import type { TradeRequest } from './trade.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));
const barsSql = readOwn('bars');
const secondBarsSql = readOwn('second-bars');
const tradesSql = readOwn('trades');
const barDaysSql = readOwn('bar-days');
const tradeDaysSql = readOwn('trade-days');

/** The name is one of ours, never a caller's. */
const of = (sql: string, view: string) => sql.replace(':view', view);

/** Throws OperationalError where the interval is none. */
export function parseInterval(interval: string): Interval {
  const found = intervals.find((known) => known === interval);
  if (found !== undefined) return found;
  throw new OperationalError(`read bars: there is no interval "${interval}"`, {
    hint: `choose one of ${intervals.join(', ')}; others can be made in SQL`,
  });
}

export async function planBars(
  reader: Reader,
  instrument: Instrument,
  request: BarRequest,
  isLive: boolean,
): Promise<Plan> {
  const interval = parseInterval(request.interval);
  const what = `read bars ${interval} of ${instrument.exchange}/${instrument.symbol}`;
  const views = isLive ? 'bars_live' : 'bars';
  const seconds = isLive ? 'bars_live' : 'bars_1s';
  const width = intervalSeconds[interval];
  const span = parseSpan(request);
  // The last bar that begins within the span ends so much later.
  const observed = { ...span, stopUs: span.stopUs + width * usPerSecond };
  const days = await listDays(reader, what, of(barDaysSql, seconds), instrument, observed);
  const sql = interval === '1s' ? of(secondBarsSql, seconds) : of(barsSql, `${views}_${interval}`);
  return plan(instrument, what, sql, planBarSlices(days, span, width));
}

export async function planTrades(
  reader: Reader,
  instrument: Instrument,
  request: TradeRequest,
  isLive: boolean,
): Promise<Plan> {
  const what = `read trades of ${instrument.exchange}/${instrument.symbol}`;
  const view = isLive ? 'trades_live' : 'trades';
  const span = parseSpan(request);
  const days = await listDays(reader, what, of(tradeDaysSql, view), instrument, span);
  return plan(instrument, what, of(tradesSql, view), planTradeSlices(days, span));
}

function listDays(
  reader: Reader,
  what: string,
  sql: string,
  instrument: Instrument,
  span: Span,
): Promise<DayRows[]> {
  const rows = reader.read(what, sql, bind(instrument, span), decodeObjects);
  return Array.fromAsync(rows as AsyncIterable<DayRows>);
}

function plan(instrument: Instrument, what: string, sql: string, slices: readonly Span[]): Plan {
  return { instrument, what, sql, slices: slices.map((span) => bind(instrument, span)) };
}

function bind({ exchange, symbol }: Instrument, { startUs, stopUs }: Span) {
  return { exchange, symbol, start_us: startUs, stop_us: stopUs };
}
