// Watches the streams of one shard over all its connections: who is acknowledged, who delivers, who is
// refused, silent or stale. Costs the receive path nothing: it compares counters, once a second.

import type { Stream } from '../exchanges/exchange.ts';
import { beginHealth, isLearnt, observeStream, type StreamHealth } from './staleness.ts';

export type StreamFailure = {
  stream: Stream;
  state: 'silent' | 'stale' | 'refused';
  sinceMs: number;
  /** Time without a frame. */
  quietMs: number;
};

export class StreamWatch {
  readonly #streams: readonly Stream[];
  readonly #health: (StreamHealth | undefined)[];
  readonly #watched: boolean[];
  readonly #seen: number[];
  #isFirst = true;
  readonly #failures = new Map<Stream, StreamFailure>();

  constructor(streams: readonly Stream[]) {
    this.#streams = streams;
    this.#health = streams.map(() => undefined);
    this.#watched = streams.map(() => false);
    this.#seen = streams.map(() => 0);
  }

  get failures(): StreamFailure[] {
    return [...this.#failures.values()];
  }

  /** A connection has ended: nothing is expected of any stream until it is acknowledged again. */
  reset(): void {
    this.#watched.fill(false);
    this.#seen.fill(0);
    this.#isFirst = false;
  }

  /** Counts the time without frames from now on: until now, nothing was read. */
  restart(nowMs: number): void {
    for (const [index, health] of this.#health.entries()) {
      if (health !== undefined) this.#health[index] = { ...health, lastMs: nowMs };
    }
  }

  acknowledge(stream: Stream, nowMs: number): void {
    const index = this.#streams.indexOf(stream);
    if (this.#watched[index]) return;
    this.#watched[index] = true;
    this.#health[index] = beginHealth(nowMs, this.#health[index]);
    if (this.#failures.get(stream)?.state === 'refused') this.#failures.delete(stream);
  }

  refuse(stream: Stream, nowMs: number): void {
    this.#failures.set(stream, { stream, state: 'refused', sinceMs: nowMs, quietMs: 0 });
  }

  /** Looks at the frame counters of the connection; the failures that are new. */
  observe(counts: ArrayLike<number>, nowMs: number): StreamFailure[] {
    const found: StreamFailure[] = [];
    for (const [index, stream] of this.#streams.entries()) {
      const before = this.#health[index];
      if (!this.#watched[index] || before === undefined) continue;
      const count = counts[index] ?? 0;
      const health = observeStream(before, count - this.#seen[index]!, nowMs);
      this.#seen[index] = count;
      this.#health[index] = health;
      if (health.state === 'live') {
        if (health.hasDelivered) this.#failures.delete(stream);
        continue;
      }
      if (before.state === health.state) continue;
      const quietMs = nowMs - health.lastMs;
      const failure = { stream, state: health.state, sinceMs: nowMs, quietMs };
      this.#failures.set(stream, failure);
      found.push(failure);
    }
    return found;
  }

  /**
   * Whether a new connection may help: streams are acknowledged and none of them delivers. Streams
   * that have never delivered get one second chance only, because they may just be quiet.
   */
  get isDead(): boolean {
    const watched = this.#health.filter((_, index) => this.#watched[index]);
    if (watched.length === 0 || watched.some((health) => health!.state === 'live')) return false;
    return this.#isFirst || watched.some((health) => isLearnt(health!.rate));
  }
}
