// From what a caller asks for to statements on the views: which view, which statement, which stretches of time. The views
// read only the files of a day that is asked for.

import { join } from 'node:path';
import { formatDay } from '../lake/day.ts';
import { readSql } from '../lake/duckdb.ts';
import { OperationalError } from '../lake/errors.ts';
import { type Interval, intervalSeconds, intervals } from '../lake/interval.ts';
import type { Instrument } from '../lake/layout.ts';
import { askOwn } from './asks.ts';
import type { BarRequest } from './bar.ts';
import { listObjects } from './plain-rows.ts';
import type { Ask, Reader } from './reader.ts';
import { type DayRows, planBarSlices, planTradeSlices } from './slices.ts';
import type { Plan } from './table.ts';
import { parseSpan, type Span } from './time.ts';
import type { TradeRequest } from './trade.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));
const barsSql = readOwn('bars');
const secondBarsSql = readOwn('second-bars');
const tradesSql = readOwn('trades');
const daysSql = readOwn('days');

export type Planner = { reader: Reader; instrument: Instrument; isLive: boolean };

export async function planBars(planner: Planner, request: BarRequest): Promise<Plan> {
  const { instrument, isLive } = planner;
  const interval = parseInterval(request.interval);
  const what = `read bars ${interval} of ${instrument.exchange}/${instrument.symbol}`;
  const span = parseSpan(request);
  const seconds = isLive ? 'bars_live' : 'bars_1s';
  const view = interval === '1s' ? seconds : `${isLive ? 'bars_live' : 'bars'}_${interval}`;
  const sql = (interval === '1s' ? secondBarsSql : barsSql).replace(':view', view);
  const days = await listDays(planner, what, seconds, span);
  const slices = planBarSlices(days, span, intervalSeconds[interval]);
  return { instrument, what, asks: askSlices(sql, instrument, slices) };
}

export async function planTrades(planner: Planner, request: TradeRequest): Promise<Plan> {
  const { instrument, isLive } = planner;
  const what = `read trades of ${instrument.exchange}/${instrument.symbol}`;
  const span = parseSpan(request);
  const view = isLive ? 'trades_live' : 'trades';
  const slices = planTradeSlices(await listDays(planner, what, view, span), span);
  return {
    instrument,
    what,
    asks: askSlices(tradesSql.replace(':view', view), instrument, slices),
  };
}

function parseInterval(interval: string): Interval {
  const found = intervals.find((known) => known === interval);
  if (found !== undefined) return found;
  throw new OperationalError(`read bars: there is no interval "${interval}"`, {
    hint: `choose one of ${intervals.join(', ')}; of another, ask in SQL`,
  });
}

function listDays(
  { reader, instrument }: Planner,
  what: string,
  view: string,
  span: Span,
): Promise<DayRows[]> {
  const asks = askSlices(daysSql.replace(':view', view), instrument, [span]);
  return Array.fromAsync(listObjects<DayRows>(reader.read(what, asks)));
}

function* askSlices(sql: string, instrument: Instrument, slices: readonly Span[]): Generator<Ask> {
  const { exchange, symbol } = instrument;
  for (const { startUs, stopUs } of slices) {
    const days = { from_day: formatDay(startUs), to_day: formatDay(stopUs - 1) };
    yield askOwn(sql, { exchange, symbol, ...days, start_us: startUs, stop_us: stopUs });
  }
}
