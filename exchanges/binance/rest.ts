// Binance spot REST. Source: github.com/binance/binance-spot-api-docs, rest-api.md, 2026-06-01. Times are
// asked for in microseconds; a host that answers in milliseconds all the same is understood.

import { z } from 'zod';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import type { Kline, RestRequest, VenueRest } from '../rest.ts';

/** Of every market: of the whole address, not of a key. */
const weightPerMinute = 6000;
const weights = { trades: 25, aggregates: 4, klines: 2, time: 1 };

const id = z.int().nonnegative();
const time = z.int().positive();
const decimal = z.string().regex(/^\d+(\.\d+)?$/);
/** A row without a price and an amount is no trade, whatever its id says. */
const amount = z.string().regex(/^(?=.*[1-9])\d+(\.\d+)?$/);
const trades = z.array(
  z.object({ id, price: amount, qty: amount, time, isBuyerMaker: z.boolean() }),
);
const aggregates = z.array(
  z.object({ f: id, l: id, p: amount, q: amount, T: time, m: z.boolean() }),
);
const klines = z.array(
  z
    .tuple([time, decimal, decimal, decimal, decimal, decimal, time, decimal, id, decimal, decimal])
    .rest(z.unknown()),
);
const serverTime = z.object({ serverTime: time });
const refusal = z.object({ code: z.int(), msg: z.string() });

export const rest: VenueRest = {
  weightPerMinute,
  tradesPerRequest: 1000,
  klinesPerRequest: 1000,
  headers: { 'X-MBX-TIME-UNIT': 'MICROSECOND' },
  usedWeightHeader: 'X-MBX-USED-WEIGHT-1M',
  formatTrades: (symbol, fromId, limit) =>
    formatRequest('historicalTrades', weights.trades, { symbol, fromId, limit }),
  formatLatestTrades: (symbol, limit) => formatRequest('trades', weights.trades, { symbol, limit }),
  formatAggregates: (symbol, startTime, endTime, limit) =>
    formatRequest('aggTrades', weights.aggregates, { symbol, startTime, endTime, limit }),
  formatLatestAggregates: (symbol, limit) =>
    formatRequest('aggTrades', weights.aggregates, { symbol, limit }),
  formatKlines: (symbol, startTime, limit) =>
    formatRequest('klines', weights.klines, { symbol, interval: '1s', startTime, limit }),
  formatTime: () => formatRequest('time', weights.time, {}),
  parseTrades(body) {
    const rows = parse('trades', trades, body);
    assertAscending('trades', rows, (row) => row.id);
    return rows.map((row) => ({ id: row.id, timeUs: toUs(row.time) }));
  },
  parseAggregates(body) {
    const rows = parse('aggregates', aggregates, body);
    assertAscending('aggregates', rows, (row) => row.f);
    return rows.map(({ f, l, T }) => ({ firstId: f, lastId: l, timeUs: toUs(T) }));
  },
  parseKlines(body) {
    const rows = parse('klines', klines, body);
    assertAscending('klines', rows, ([openTime]) => openTime);
    return rows.map(readKline);
  },
  parseTimeUs: (body) => toUs(parse('time', serverTime, body).serverTime),
  findRefusal(body) {
    const found = refusal.safeParse(findJson(body.toString('utf8'))).data;
    return found === undefined ? undefined : { code: found.code, text: found.msg };
  },
};

/** Milliseconds have 13 digits, microseconds 16, until the year 2286. */
export function toUs(timeMsOrUs: number): number {
  return timeMsOrUs < 100_000_000_000_000 ? timeMsOrUs * 1000 : timeMsOrUs;
}

function formatRequest(
  endpoint: string,
  weight: number,
  parameters: Record<string, string | number>,
): RestRequest {
  const query = Object.entries(parameters).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  );
  const path = `/api/v3/${endpoint}`;
  return { path: query.length === 0 ? path : `${path}?${query.join('&')}`, weight };
}

function parse<T>(what: string, schema: z.ZodType<T>, body: Buffer): T {
  const result = schema.safeParse(parseJson(what, body));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw unreadable(what, body, `${where === '' ? '' : `${where}: `}${issue?.message}`);
}

function parseJson(what: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (thrown) {
    throw unreadable(what, body, formatReason(thrown));
  }
}

function unreadable(what: string, body: Buffer, reason: string): OperationalError {
  const begins = JSON.stringify(body.toString('utf8', 0, 100));
  return new OperationalError(`read REST ${what} of binance: ${reason}`, {
    hint: `the answer begins ${begins}; exchanges.binance.rest_url must be an API host of the exchange`,
  });
}

function assertAscending<Row>(what: string, rows: readonly Row[], key: (row: Row) => number): void {
  for (const [index, row] of rows.entries()) {
    const before = rows[index - 1];
    if (before === undefined || key(before) < key(row)) continue;
    throw new OperationalError(
      `read REST ${what} of binance: ${key(row)} follows ${key(before)}, out of order`,
    );
  }
}

function readKline(row: z.infer<typeof klines>[number]): Kline {
  const [openTime, open, high, low, close, volumeBase, , volumeQuote, tradeCount] = row;
  return {
    openUs: toUs(openTime),
    open,
    high,
    low,
    close,
    volumeBase,
    volumeQuote,
    tradeCount,
    takerBuyBase: row[9],
    takerBuyQuote: row[10],
  };
}
