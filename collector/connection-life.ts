// Whether a connection is alive, how long it may live, and how it ends. A socket can be open with nobody at the other
// end, so after some seconds without a frame or ping it is asked by a ping of ours. Decides only.

import type { ExchangeLimits } from '../exchanges/exchange.ts';
import type { Failure } from './reconnect.ts';

/** How a connection has ended. */
export type ConnectionEnd = {
  code: number;
  reason: string;
  /** Undefined where we have ended it. */
  failure: Failure | undefined;
  /** For how long data has flowed. */
  flowedMs: number;
};

/** Why a connection should be replaced. */
export type Verdict = {
  reason: string;
  /** Whether data still flows, so that there is time. */
  isPlanned: boolean;
  /** Whether it may be the exchange that has nothing to deliver. */
  isDoubtful?: boolean;
};

/** Without a sign of life for so long the other side is asked, at most so often. */
const askAfterMs = 4000;
/** The other side answers within so long, or it is gone. */
const answerWithinMs = 4000;
/** Connections are replaced over so much time before the limit, so that they don't fall due at once. */
const maxSpreadMs = 2 * 3_600_000;

export class ConnectionLife {
  readonly #limits: ExchangeLimits;
  readonly #endsMs: number;
  #lifeMs: number;
  #askedMs: number | undefined;

  /** `random` gives [0, 1). */
  constructor(limits: ExchangeLimits, openedMs: number, random: () => number) {
    const spreadMs = Math.min(maxSpreadMs, limits.connectionLifetimeMs / 8);
    this.#limits = limits;
    this.#endsMs = openedMs + limits.connectionLifetimeMs - random() * spreadMs;
    this.#lifeMs = openedMs;
  }

  /** A frame, ping or pong has come; or time has passed in which nothing was read. */
  note(nowMs: number): void {
    this.#lifeMs = nowMs;
    this.#askedMs = undefined;
  }

  /** Whether to ask by a ping now. */
  takeDuePing(nowMs: number): boolean {
    if (this.#askedMs !== undefined || nowMs - this.#lifeMs < askAfterMs) return false;
    this.#askedMs = nowMs;
    return true;
  }

  /** Whether nobody is at the other end. */
  isIdle(nowMs: number): boolean {
    if (nowMs - this.#lifeMs > this.#limits.idleTimeoutMs) return true;
    return this.#askedMs !== undefined && nowMs - this.#askedMs > answerWithinMs;
  }

  /** Whether nothing has come for so long that there is nothing to hold on to. */
  isGone(nowMs: number): boolean {
    return nowMs - this.#lifeMs > this.#limits.idleTimeoutMs;
  }

  /** Whether it is time to replace it, before the exchange ends it. */
  isOver(nowMs: number): boolean {
    return nowMs >= this.#endsMs;
  }
}
