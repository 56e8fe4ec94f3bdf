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
import { isLearnt, type StreamRate } from './stream-rate.ts';

export type StreamFailure = {
  stream: Stream;
  state: 'silent' | 'stale' | 'refused';
  sinceMs: number;
  /** Time without a frame. */
  quietMs: number;
  /** False for a stream of unknown rate, which may just be quiet. */
  isProven: boolean;
};

/** Rates of a venue's streams by name, shared by its connections. */
export type Rates = Map<string, StreamRate>;

/** Streams of unknown rate get a new connection after so long, where none of them delivers. */
const deadAfterMs = 60_000;

export class StreamWatch {
  readonly #streams: readonly Stream[];
  readonly #rates: Rates;
  readonly #indexes = new Map<Stream, number>();
  readonly #health: (StreamHealth | undefined)[];
  readonly #seen: Float64Array;
  readonly #failures = new Map<Stream, StreamFailure>();
  /** When a stream was subscribed again. */
  readonly #askedMs = new Map<Stream, number>();

  constructor(streams: readonly Stream[], rates: Rates) {
    this.#streams = streams;
    this.#rates = rates;
    this.#health = streams.map(() => undefined);
    this.#seen = new Float64Array(streams.length);
    for (const [index, stream] of streams.entries()) this.#indexes.set(stream, index);
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
    const index = this.#indexes.get(stream)!;
    if (this.#health[index] !== undefined) return;
    this.#health[index] = beginHealth(nowMs, this.#rates.get(stream.name));
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
      if (health.state === 'live') {
        this.#rates.set(stream.name, health.rate);
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

  /** The stream is known to miss data: its failure is proven. */
  confirm(stream: Stream, nowMs: number): void {
    const health = this.#health[this.#indexes.get(stream) ?? -1];
    if (health === undefined) return;
    const state = health.hasDelivered ? 'stale' : 'silent';
    const quietMs = nowMs - health.lastMs;
    const before = this.#failures.get(stream) ?? { stream, state, sinceMs: nowMs, quietMs };
    this.#failures.set(stream, { ...before, isProven: true });
  }

  /** The stream is known to have had nothing to deliver. */
  excuse(stream: Stream, nowMs: number): void {
    const index = this.#indexes.get(stream) ?? -1;
    const health = this.#health[index];
    if (health === undefined) return;
    this.#health[index] = excuseStream(health, nowMs);
    this.#failures.delete(stream);
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
      const health = this.#health[this.#indexes.get(stream)!]!;
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
