// Binance frames that are no market data: acknowledgements, errors, the shutdown notice. They are
// rare, so they may be parsed.

import { z } from 'zod';
import type { ControlFrame } from '../exchange.ts';

const ack = z.object({ result: z.null(), id: z.int() });
const flatError = z.object({ code: z.number(), msg: z.string(), id: z.int().nullish() });
const nestedError = z.object({ error: flatError, id: z.int().nullish() });
const shutdown = z.union([
  z.object({ e: z.literal('serverShutdown') }),
  z.object({ data: z.object({ e: z.literal('serverShutdown') }) }),
]);

export function parseControlFrame(frame: Buffer): ControlFrame {
  let value: unknown;
  try {
    value = JSON.parse(frame.toString('utf8'));
  } catch {
    return { kind: 'unreadable' };
  }
  const acknowledged = ack.safeParse(value).data;
  if (acknowledged !== undefined) return { kind: 'ack', id: acknowledged.id };
  if (shutdown.safeParse(value).success) return { kind: 'shutdown' };
  const nested = nestedError.safeParse(value).data;
  const error = nested?.error ?? flatError.safeParse(value).data;
  if (error === undefined) return { kind: 'other' };
  const id = error.id ?? nested?.id ?? undefined;
  return { kind: 'error', id, reason: `${error.code} ${error.msg}` };
}
