// The attempts of one feed to connect: how many have failed and since when, when the next is due, and
// how often a connection that merely seems useless may be replaced. Decides only.

import type { ConnectPacing } from './connect-pacing.ts';
import type { ConnectionEnd, Verdict } from './connection-life.ts';
import {
  type Failure,
  findBlockMs,
  planEndpoint,
  planHandshakeMs,
  planReconnectMs,
} from './reconnect.ts';

/** Data must have flowed for so long for all to be well again. */
const steadyAfterMs = 30_000;
/** Feeds that fell together come back within so much time. */
const togetherMs = 1000;
/** Feeds that waited for another to find the network back follow it within so much time. */
const followMs = 300;
/** Replacing on a mere doubt: not again for so long, doubling as long as it does not help. */
const firstDoubtMs = 60_000;
const maxDoubtMs = 3_600_000;

export class Retry {
  readonly #pacing: ConnectPacing;
  readonly #random: () => number;
  #failures = 0;
  /** When all was well last; undefined while it is. */
  #troubledMs: number | undefined;
  #dueMs = Number.NEGATIVE_INFINITY;
  #doubts = 0;
  #doubtedMs = Number.NEGATIVE_INFINITY;

  constructor(pacing: ConnectPacing, random: () => number) {
    this.#pacing = pacing;
    this.#random = random;
  }

  /** Whether an attempt may be made now; if so it is counted. */
  admit(nowMs: number): boolean {
    // Another feed knocks; when it gets through, those that wait follow, not all in one moment.
    if (this.#pacing.isRelieved(this)) this.#dueMs = nowMs + this.#random() * followMs;
    return nowMs >= this.#dueMs && this.#pacing.admit(this, nowMs);
  }

  planEndpoint(endpoints: number, lane: number): number {
    return planEndpoint(endpoints, lane, this.#failures);
  }

  planHandshakeMs(nowMs: number): number {
    return planHandshakeMs(this.#failures, nowMs - (this.#troubledMs ?? nowMs));
  }

  /** A connection is lost. The wait until the next attempt, ms. */
  lose(end: ConnectionEnd, nowMs: number): number {
    const failure = end.failure ?? { kind: 'network' };
    if (end.flowedMs < steadyAfterMs) return this.fail(failure, nowMs);
    this.#failures = 0;
    this.#troubledMs = nowMs;
    const waitMs = this.#pacing.noteLoss(nowMs) ? Math.round(this.#random() * togetherMs) : 0;
    this.#dueMs = nowMs + waitMs;
    return waitMs;
  }

  /** An attempt, or a connection that was not steady yet, has failed. The wait until the next, ms. */
  fail(failure: Failure, nowMs: number): number {
    this.#failures++;
    this.#troubledMs ??= nowMs;
    if (failure.kind === 'network') this.#pacing.noteUnreachable(this);
    else this.#pacing.noteReached();
    const troubledMs = nowMs - this.#troubledMs;
    const blockMs = findBlockMs(failure);
    if (failure.kind === 'refused') this.#pacing.block(nowMs, blockMs, failure.status);
    const backoffMs = planReconnectMs(failure, this.#failures, troubledMs, this.#random);
    const waitMs = Math.max(blockMs, backoffMs, this.#pacing.findLeastWaitMs());
    this.#dueMs = nowMs + waitMs;
    return waitMs;
  }

  /** A connection has taken over and delivers. */
  succeed(): void {
    this.#failures = 0;
    this.#troubledMs = undefined;
    this.#dueMs = Number.NEGATIVE_INFINITY;
    this.#pacing.noteReached();
  }

  /** The exchange has answered an attempt. */
  noteReached(): void {
    this.#pacing.noteReached();
  }

  /** No more attempts are made. */
  leave(): void {
    this.#pacing.leave(this);
  }

  /** Whether a connection may be replaced for that reason. */
  mayReplace({ isDoubtful }: Verdict, nowMs: number): boolean {
    if (!isDoubtful) return true;
    const pauseMs = Math.min(maxDoubtMs, firstDoubtMs * 2 ** (this.#doubts - 1));
    return this.#doubts === 0 || nowMs - this.#doubtedMs >= pauseMs;
  }

  /** A connection is being replaced; it does not count as useless again too soon. */
  noteReplacing({ isDoubtful }: Verdict, nowMs: number): void {
    if (!isDoubtful) return;
    const isForgotten = nowMs - this.#doubtedMs > 2 * maxDoubtMs;
    this.#doubts = isForgotten ? 1 : this.#doubts + 1;
    this.#doubtedMs = nowMs;
  }
}
