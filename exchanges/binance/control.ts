// Binance frames the router does not recognise: acknowledgements, errors, the shutdown notice, and
// market data in another key order or with keys that were added. They are rare, so they may be parsed.

import { z } from 'zod';
import type { ControlFrame } from '../exchange.ts';

const ack = z.object({ result: z.null(), id: z.int() });
// Spot sends errors flat, USD-M nested; `id` is absent where the request could not be read.
const flatError = z.object({ code: z.number(), msg: z.string(), id: z.int().nullish() });
const nestedError = z.object({ error: flatError, id: z.int().nullish() });
const shutdown = z.object({ e: z.literal('serverShutdown') });
const combined = z.object({ stream: z.string(), data: z.unknown() });
const trade = z.object({
  e: z.literal('trade'),
  E: z.int().nonnegative(),
  t: z.int().nonnegative(),
});
/** Times below are milliseconds, of 13 digits; microseconds have 16. */
const leastUs = 100_000_000_000_000;

export function parseControlFrame(frame: Buffer): ControlFrame {
  let value: unknown;
  try {
    value = JSON.parse(frame.toString('utf8'));
  } catch {
    return { kind: 'unreadable' };
  }
  const acknowledged = ack.safeParse(value).data;
  if (acknowledged !== undefined) return { kind: 'ack', id: acknowledged.id };
  const wrapped = combined.safeParse(value).data;
  if (shutdown.safeParse(wrapped?.data ?? value).success) return { kind: 'shutdown' };
  if (wrapped !== undefined) return readData(wrapped.stream, wrapped.data);
  const nested = nestedError.safeParse(value).data;
  const error = nested?.error ?? flatError.safeParse(value).data;
  if (error === undefined) return { kind: 'other' };
  const id = error.id ?? nested?.id ?? undefined;
  return { kind: 'error', id, reason: `${error.code} ${error.msg}` };
}

function readData(stream: string, data: unknown): ControlFrame {
  const { E: time, t: tradeId } = trade.safeParse(data).data ?? { E: 0, t: -1 };
  return { kind: 'data', stream, eventUs: time < leastUs ? time * 1000 : time, tradeId };
}
