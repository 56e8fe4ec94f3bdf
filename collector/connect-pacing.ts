// Connection attempts to one venue by all its feeds: no more per window than the exchange allows, none
// while it has turned us away, and while the network is gone only one feed knocks for all. Decides only;
// a refusal of this address is handed on to REST, and REST's slows what is tried here.

import { isAddressRefused } from './reconnect.ts';

/** The venue's REST interface, which is refused by address as connections are. */
export type RestSide = {
  /** For how long it refuses requests from this address, ms; 0 where it does not. */
  findBlockMs(): number;
  /** A connection was refused: requests wait for so long, too. */
  block(forMs: number, status: number): void;
};

const refusedRetryMs = 60_000;

export class ConnectPacing {
  readonly #limits: { count: number; windowMs: number };
  readonly #rest: RestSide;
  /** Times of the attempts of the last window, oldest first. */
  #attemptsMs: number[] = [];
  #blockedUntilMs = Number.NEGATIVE_INFINITY;
  /** The feed that knocks while the network is gone. */
  #scout: object | undefined;
  #lossesMs: number[] = [];

  constructor(limits: { count: number; windowMs: number }, rest: RestSide) {
    this.#limits = limits;
    this.#rest = rest;
  }

  /**
   * The least wait after an attempt that failed. An address that is refused over REST is mostly still
   * served streams, so it tries, but seldom: what goes on knocking is refused for longer.
   */
  findLeastWaitMs(): number {
    return Math.min(this.#rest.findBlockMs(), refusedRetryMs);
  }

  /** Until when the exchange must be left alone, or undefined. */
  findBlock(nowMs: number): number | undefined {
    return nowMs < this.#blockedUntilMs ? this.#blockedUntilMs : undefined;
  }

  /** Whether `feed` may make an attempt now; if so it is counted. */
  admit(feed: object, nowMs: number): boolean {
    if (nowMs < this.#blockedUntilMs) return false;
    if (this.#scout !== undefined && this.#scout !== feed) return false;
    const { count, windowMs } = this.#limits;
    this.#attemptsMs = this.#attemptsMs.filter((atMs) => nowMs - atMs < windowMs);
    if (this.#attemptsMs.length >= count) return false;
    this.#attemptsMs.push(nowMs);
    return true;
  }

  /** The exchange has turned us away for so long, with a status that is meant for this address or not. */
  block(nowMs: number, forMs: number, status: number): void {
    this.#blockedUntilMs = Math.max(this.#blockedUntilMs, nowMs + forMs);
    if (isAddressRefused(status)) this.#rest.block(forMs, status);
  }

  /** An attempt of `feed` got no answer. */
  noteUnreachable(feed: object): void {
    this.#scout ??= feed;
  }

  /** The exchange has answered, whatever it said. */
  noteReached(): void {
    this.#scout = undefined;
  }

  /** The feed makes no more attempts. */
  leave(feed: object): void {
    if (this.#scout === feed) this.#scout = undefined;
  }

  /** Whether the feed waits for another to find the network back. */
  isRelieved(feed: object): boolean {
    return this.#scout !== undefined && this.#scout !== feed;
  }

  /** Counts a lost connection; whether others were lost within the same second. */
  noteLoss(nowMs: number): boolean {
    this.#lossesMs = this.#lossesMs.filter((atMs) => nowMs - atMs < 1000);
    return this.#lossesMs.push(nowMs) > 1;
  }
}
