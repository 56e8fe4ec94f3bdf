// What the status of a REST answer means for the request, and for how long a block lasts. Holds no
// effects. Source: binance-spot-api-docs, rest-api.md, 2026-06-01: 429 and 418 carry Retry-After in
// seconds, bans last up to three days; RFC 9110 allows a date, too.

export type RestVerdict =
  | { kind: 'served' }
  /** Nothing may be sent to this exchange for so long. */
  | { kind: 'blocked'; forMs: number }
  /** The same may succeed later. */
  | { kind: 'transient' }
  /** The same will fail again. */
  | { kind: 'refused' };

const standardBlockMs = 60_000;
/** Longer is no block an exchange imposes. */
export const maxBlockMs = 3 * 86_400_000;
/** The seconds may have been rounded down. */
const marginMs = 1000;

/** `retryAfter` is the header, null where there is none; `nowMs` is milliseconds since the epoch. */
export function judgeStatus(status: number, retryAfter: string | null, nowMs: number): RestVerdict {
  if (status >= 200 && status < 300) return { kind: 'served' };
  if (status === 429 || status === 418) {
    return { kind: 'blocked', forMs: readBlockMs(retryAfter, nowMs) + marginMs };
  }
  return { kind: status >= 500 || status === 408 ? 'transient' : 'refused' };
}

function readBlockMs(retryAfter: string | null, nowMs: number): number {
  const text = retryAfter?.trim() ?? '';
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? standardBlockMs : Math.min(maxBlockMs, Math.max(0, ms));
}
