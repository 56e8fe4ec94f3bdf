// The limits the exchange enforces and the periods it keeps, each replaceable so that a test need
// not wait for 24 hours. Source: binance-spot-api-docs, web-socket-streams.md and rest-api.md.

import { type LimitsSeen, noteHighest } from './limits-seen.ts';

export type Limits = {
  /** Incoming messages per second and connection; text, ping and pong all count. */
  messagesPerSecond: number;
  streamsPerConnection: number;
  /** Connection attempts per window and address. */
  connects: number;
  connectWindowMs: number;
  pingEveryMs: number;
  /** Without the pong for so long the connection is closed. */
  pongDeadlineMs: number;
  connectionLifetimeMs: number;
  /** Bytes a client may leave unread before it is disconnected. */
  maxBufferedBytes: number;
  /** REST request weight per clock minute and address. */
  weightPerMinute: number;
  /** Requests after the first 429 of a minute that turn it into a ban. */
  requestsUntilBan: number;
  /** The first ban; each further one doubles, up to three days. */
  banMs: number;
};

export const defaultLimits: Limits = {
  messagesPerSecond: 5,
  streamsPerConnection: 1024,
  connects: 300,
  connectWindowMs: 5 * 60_000,
  pingEveryMs: 20_000,
  pongDeadlineMs: 60_000,
  connectionLifetimeMs: 24 * 3_600_000,
  maxBufferedBytes: 64 * 1024 * 1024,
  weightPerMinute: 6000,
  requestsUntilBan: 10,
  banMs: 2 * 60_000,
};

/** Counts what happened within the last `windowMs`, up to `limit`; `onCount` hears of each count. */
export function createWindowCounter(
  limit: number,
  windowMs: number,
  onCount: (count: number) => void,
) {
  const times: number[] = [];
  /** Counts one more; false where that is more than the limit allows. */
  return function count(nowMs: number): boolean {
    while (times.length > 0 && times[0]! <= nowMs - windowMs) times.shift();
    onCount(times.length + 1);
    if (times.length >= limit) return false;
    times.push(nowMs);
    return true;
  };
}

/** Addresses remembered; beyond it the oldest is forgotten. */
const maxAddresses = 10_000;

/** Connection attempts per address. */
export class ConnectCounts {
  #counters = new Map<string, (nowMs: number) => boolean>();
  #limits: Limits;
  #seen: LimitsSeen;

  constructor(limits: Limits, seen: LimitsSeen) {
    this.#limits = limits;
    this.#seen = seen;
  }

  /** Counts an attempt; false where it is one too many. */
  count(address: string, nowMs: number): boolean {
    const seen = this.#seen;
    let counter = this.#counters.get(address);
    if (counter === undefined) {
      const { connects, connectWindowMs } = this.#limits;
      counter = createWindowCounter(connects, connectWindowMs, (count) =>
        noteHighest(seen, 'connectsPerWindow', count),
      );
      if (this.#counters.size >= maxAddresses) {
        this.#counters.delete(this.#counters.keys().next().value!);
      }
      this.#counters.set(address, counter);
    }
    const isAllowed = counter(nowMs);
    seen.connects++;
    if (!isAllowed) seen.refusedConnects++;
    return isAllowed;
  }
}
