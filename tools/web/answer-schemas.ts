// The shapes of the API's answers, for the OpenAPI document and for tests: loaded when the document is asked for. Rows
// of views are described by the columns a program relies on; a view may have more.

import { z } from 'zod';
import { intervals } from '../../lake/interval.ts';

const time = z
  .string()
  .meta({ description: 'ISO 8601, UTC, with microseconds.', format: 'date-time' });
const instrument = { exchange: z.string(), symbol: z.string() };
const number = z.number().nullable();
/** 64-bit: a number where a double holds it exactly, else text. */
const wide = z.union([z.number(), z.string()]).nullable();

const quoteFields = {
  bid: z.number(),
  bid_qty: number,
  ask: z.number(),
  ask_qty: number,
  time: time.nullable().meta({ description: 'When it came; null where only its second is known.' }),
  as_of: time.meta({ description: 'It stood at this moment, and none that came later is known.' }),
};

const bar = z.looseObject({
  window_start: time,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume_base: z.number(),
  volume_quote: z.number(),
  taker_buy_base: z.number(),
  taker_buy_quote: z.number(),
  trade_count: z.number(),
  vwap: number,
  first_trade_id: wide,
  last_trade_id: wide,
  bid: number,
  bid_qty: number,
  ask: number,
  ask_qty: number,
  spread: number,
  quote_count: z.number(),
  backfilled: z.number().meta({ description: 'Trades that came from REST or the archive.' }),
  seconds: z.number().meta({ description: 'Seconds of the interval that were observed.' }),
  complete: z.boolean(),
});

const trade = z.looseObject({
  trade_id: wide,
  price: z.number(),
  quantity: z.number(),
  buyer_is_maker: z.boolean(),
  trade_time: time,
  recv_time: time.nullable(),
});

export const answerSchemas = {
  '/api/symbols': z.object({
    symbols: z.array(
      z.object({
        ...instrument,
        first_day: z.string().nullable(),
        last_day: z.string().nullable(),
        is_live: z.boolean(),
        price_decimals: z.int(),
      }),
    ),
  }),
  '/api/bars': z.object({ ...instrument, interval: z.enum(intervals), bars: z.array(bar) }),
  '/api/trades': z.object({ ...instrument, trades: z.array(trade) }),
  '/api/latest': z.object({
    ...instrument,
    trade: trade.nullable(),
    quote: z.object(quoteFields).nullable(),
  }),
  '/api/quality': z.object({
    days: z.array(
      z.looseObject({
        ...instrument,
        day: z.string(),
        completeness_percent: number,
        seconds_expected: number,
        seconds_covered: number,
        seconds_missing: number,
        trades: wide,
        trades_missing: wide,
      }),
    ),
  }),
  '/api/gaps': z.object({
    gaps: z.array(
      z.looseObject({
        ...instrument,
        day: z.string(),
        kind: z.enum(['seconds', 'trades']),
        from_time: time.nullable(),
        to_time: time.nullable(),
        first_trade_id: wide,
        last_trade_id: wide,
      }),
    ),
  }),
  '/api/schema': z.object({
    views: z.array(
      z.object({
        name: z.string(),
        comment: z.string().nullable(),
        columns: z.array(
          z.object({ name: z.string(), type: z.string(), comment: z.string().nullable() }),
        ),
      }),
    ),
    macros: z.array(z.looseObject({ name: z.string(), comment: z.string().nullable() })),
  }),
  '/api/sql': z.object({
    columns: z.array(z.object({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(z.unknown())),
    truncated: z.boolean(),
    elapsed_ms: z.number(),
  }),
  '/api/health': z.looseObject({
    status: z.enum(['healthy', 'degraded', 'unhealthy']),
    verdict: z.string(),
    heartbeat: z.looseObject({}).nullable(),
  }),
  '/health': z.looseObject({ status: z.enum(['healthy', 'degraded', 'unhealthy']) }),
} as const;

export const errorSchema = z.object({ status: z.int(), error: z.string() });

/** The data of the events of a live stream. */
export const eventSchemas = {
  bar: z.looseObject({
    ...instrument,
    interval: z.enum(intervals),
    final: z.boolean(),
    ...bar.shape,
  }),
  quote: z.object({ ...instrument, ...quoteFields }),
  end: z.object({ reason: z.string() }),
} as const;
