// Watches the streams of one connection: who is acknowledged, who delivers, who is refused, silent or
// stale, and what was tried about it. Costs the receive path nothing: it compares counters, four
// times a second. What it learns of rates it leaves to the connections after it.

import type { Stream } from '../exchanges/exchange.ts';
import {
  beginHealth,
  excuseStream,
  findPatienceMs,
  observeStream,
  type StreamHealth,
} from './staleness.ts';
import { isLearnt, recallRate, type StreamRate } from './stream-rate.ts';

export type StreamFailure = {
  stream: Stream;
  state: 'silent' | 'stale' | 'refused';
  sinceMs: number;
  /** Time without a frame. */
  quietMs: number;
  /** False for a stream of unknown rate, which may just be quiet. */
  isProven: boolean;
};

/** Rates of a venue's streams by name, shared by its connections, and when each was last learnt. */
export type Rates = Map<string, { rate: StreamRate; seenMs: number }>;

/** A quiet stream is asked about after so long, one that fails without a proof again after less. */
const askQuietEveryMs = 30 * 60_000;
const askUnprovenEveryMs = 30_000;
/** Streams of unknown rate get a new connection after so long, where none of them delivers. */
const deadAfterMs = 60_000;

export class StreamWatch {
  readonly #streams: readonly Stream[];
  readonly #rates: Rates;
  readonly #indexes = new Map<string, number>();
  readonly #health: (StreamHealth | undefined)[];
  readonly #seen: Float64Array;
  readonly #failures = new Map<Stream, StreamFailure>();
  /** When a stream was subscribed again. */
  readonly #askedMs = new Map<Stream, number>();
  /** When to ask again about a stream that was asked about. */
  readonly #askAgainMs = new Map<Stream, number>();

  constructor(streams: readonly Stream[], rates: Rates) {
    this.#streams = streams;
    this.#rates = rates;
    this.#health = streams.map(() => undefined);
    this.#seen = new Float64Array(streams.length);
    for (const [index, stream] of streams.entries()) this.#indexes.set(stream.name, index);
  }

  get failures(): StreamFailure[] {
    return [...this.#failures.values()];
  }

  /** When the stream last delivered on this connection; undefined where it has not. */
  findDeliveryMs(index: number): number | undefined {
    const health = this.#health[index];
    return health?.hasDelivered ? health.lastMs : undefined;
  }

  /** Counts the time without frames from now on: until now, nothing was read. */
  restart(nowMs: number): void {
    for (const [index, health] of this.#health.entries()) {
      if (health !== undefined) this.#health[index] = { ...health, lastMs: nowMs };
    }
    for (const stream of this.#askedMs.keys()) this.#askedMs.set(stream, nowMs);
  }

  acknowledge(stream: Stream, nowMs: number): void {
    const index = this.#indexes.get(stream.name)!;
    if (this.#health[index] !== undefined) return;
    const known = this.#rates.get(stream.name);
    const rate = known && recallRate(known.rate, nowMs - known.seenMs);
    this.#health[index] = beginHealth(nowMs, rate);
    this.#failures.delete(stream);
  }

  refuse(stream: Stream, nowMs: number): void {
    const failure = { stream, state: 'refused', sinceMs: nowMs, quietMs: 0 } as const;
    this.#failures.set(stream, { ...failure, isProven: true });
  }

  /** Looks at the frame counters of the connection; the failures that are new. */
  observe(counts: ArrayLike<number>, nowMs: number): StreamFailure[] {
    const found: StreamFailure[] = [];
    for (const [index, stream] of this.#streams.entries()) {
      const before = this.#health[index];
      if (before === undefined) continue;
      const count = counts[index] ?? 0;
      const frames = count - this.#seen[index]!;
      const health = observeStream(before, frames, nowMs);
      if (health === before) continue;
      this.#seen[index] = count;
      this.#health[index] = health;
      this.#askAgainMs.delete(stream);
      if (health.state === 'live') {
        this.#rates.set(stream.name, { rate: health.rate, seenMs: nowMs });
        if (this.#failures.delete(stream)) this.#askedMs.delete(stream);
        continue;
      }
      const quietMs = nowMs - health.lastMs;
      const { state, rate } = health;
      const failure = { stream, state, sinceMs: nowMs, quietMs, isProven: isLearnt(rate) };
      this.#failures.set(stream, failure);
      found.push(failure);
    }
    return found;
  }

  /** Streams to ask about: those long quiet, and those that fail without a proof. */
  takeDoubts(nowMs: number): Stream[] {
    return this.#streams.filter((stream, index) => {
      const [health, failure] = [this.#health[index], this.#failures.get(stream)];
      if (health === undefined || failure?.isProven) return false;
      const everyMs = failure === undefined ? askQuietEveryMs : askUnprovenEveryMs;
      const sinceMs = failure?.sinceMs ?? health.lastMs;
      if (nowMs <= (this.#askAgainMs.get(stream) ?? sinceMs + everyMs)) return false;
      this.#askAgainMs.set(stream, nowMs + everyMs);
      return true;
    });
  }

  /** A stream that fails, or was asked about, is known to miss data. */
  confirm({ name }: Stream, nowMs: number): void {
    const index = this.#indexes.get(name) ?? -1;
    const [stream, health] = [this.#streams[index], this.#health[index]];
    if (stream === undefined || health === undefined) return;
    if (!this.#failures.has(stream) && !this.#askAgainMs.has(stream)) return;
    const state = health.hasDelivered ? 'stale' : 'silent';
    this.#health[index] = { ...health, state };
    const quietMs = nowMs - health.lastMs;
    const failure = this.#failures.get(stream) ?? { stream, state, sinceMs: nowMs, quietMs };
    this.#failures.set(stream, { ...failure, isProven: true });
  }

  /** A stream that fails is known to have had nothing to deliver. */
  excuse({ name }: Stream, nowMs: number): void {
    const index = this.#indexes.get(name) ?? -1;
    const [stream, health] = [this.#streams[index], this.#health[index]];
    if (stream === undefined || health === undefined) return;
    this.#askAgainMs.set(stream, nowMs + askQuietEveryMs);
    // One that has never delivered stays silent, unproven: it is not noted again and again.
    if (this.#failures.get(stream)?.isProven !== true) return;
    this.#failures.delete(stream);
    this.#health[index] = excuseStream(health, nowMs);
    this.#askedMs.delete(stream);
  }

  /** The streams to subscribe again: those that fail for sure, each once. */
  takeRetries(nowMs: number): Stream[] {
    const retries = [...this.#failures.values()]
      .filter(({ state, isProven }) => isProven && state !== 'refused')
      .map(({ stream }) => stream)
      .filter((stream) => !this.#askedMs.has(stream));
    for (const stream of retries) this.#askedMs.set(stream, nowMs);
    return retries;
  }

  /** A stream that was subscribed again and still does not deliver, or undefined. */
  findHopeless(nowMs: number): Stream | undefined {
    for (const [stream, askedMs] of this.#askedMs) {
      const health = this.#health[this.#indexes.get(stream.name)!]!;
      if (nowMs - askedMs > findPatienceMs(health)) return stream;
    }
    return undefined;
  }

  /** Whether streams are acknowledged, and none of them delivers that should. */
  isDead(nowMs: number): boolean {
    const watched = this.#health.filter((health) => health !== undefined);
    if (watched.length === 0 || watched.some(({ state }) => state === 'live')) return false;
    if (watched.some(({ rate }) => isLearnt(rate))) return true;
    return watched.every(({ lastMs }) => nowMs - lastMs > deadAfterMs);
  }
}
