// A store as a run sees it: how its attempts went, what waits for it, and whether the run has given it up. A
// store that is down, or that a person has to see to, is left alone until the next run, so that the others
// get their files; what it lacks stays where it is.

import type { StoreStatus } from '../../lake/status.ts';
import { type Retry, withRetries } from '../store/retry.ts';
import { type ObjectStore, StoreError } from '../store/store.ts';
import type { ConfiguredStore } from '../store/stores.ts';
import { countAttempt, type HourAttempts, keepRecent, sumAttempts } from './attempts.ts';

export type TargetEffects = Pick<Retry, 'limits' | 'random' | 'sleep' | 'signal'> & {
  /** Milliseconds since the epoch. */
  readNowMs(): number;
};

/** `since` is ms since the epoch: the end of the day, or when a part was received. */
export type Waiting = { objects: number; bytes: number; sinceMs: number };

const once = { attempts: 1, firstMs: 0, maxMs: 0 };
/** In place of a unit: all that waited when the last run ended. */
const lastRun = 'last run';
/** From so many files in a row on that failed for good, the next ones are not tried. */
const maxFailuresInRow = 5;
const endsRun: readonly string[] = [
  'unavailable',
  'throttled',
  'credentials',
  'permission',
  'no-bucket',
];

export class Target {
  readonly store: ObjectStore;
  readonly configured: ConfiguredStore;
  readonly effects: TargetEffects;
  #ending = new AbortController();
  #hours: readonly HourAttempts[];
  #lastRun: StoreStatus['last_run'];
  /** Of this run. */
  readonly #attempts = { attempts: 0, failed: 0 };
  #error: string | null;
  #failingSince: string | null;
  #failuresInRow = 0;
  #ended: string | undefined;
  lastBatchAt: string | null;
  /** What is due and not there yet, by unit. */
  readonly #queue = new Map<string, Waiting>();

  /** `before` is what the last run has noted of the store. */
  constructor(
    configured: ConfiguredStore,
    before: StoreStatus | undefined,
    effects: TargetEffects,
  ) {
    this.configured = configured;
    this.store = configured.store;
    this.effects = effects;
    this.#hours = before?.hours ?? [];
    this.#lastRun = before?.last_run;
    this.#error = before?.error ?? null;
    this.#failingSince = before?.failing_since ?? null;
    this.lastBatchAt = before?.last_batch_at ?? null;
    if (before?.queued_since != null) this.#queue.set(lastRun, readQueue(before));
  }

  /** Why nothing more is sent to it in this run. */
  get ended(): string | undefined {
    return this.#ended;
  }

  /** How to ask it again; what it does not answer counts as an attempt that failed. */
  get retry(): Retry {
    return {
      ...this.effects,
      signal: AbortSignal.any([this.effects.signal, this.#ending.signal]),
      onAttempt: ({ failure }) => {
        if (failure !== undefined) this.#count(failure);
      },
    };
  }

  /** How to send to it again; every attempt is counted. */
  get sendRetry(): Retry {
    return {
      ...this.retry,
      onAttempt: ({ failure }) => {
        // Something else is there: whether that is a failure is seen by looking at it.
        if (failure?.failure !== 'precondition') this.#count(failure);
      },
    };
  }

  /** Asks whether the store can be used at all, and gives it up where not. Gives its remarks. */
  async check(limits = once): Promise<string[]> {
    try {
      const retry = { ...this.sendRetry, limits };
      return await withRetries((signal) => this.store.check(signal), retry);
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      this.end(thrown.message);
      return [];
    }
  }

  /** A file, or what the run asked of the store, has failed for good. */
  fail(error: StoreError): void {
    if (error.failure === 'precondition') {
      this.#count(error);
      // That something else is there says nothing of other days, which must not wait for a person.
      return;
    }
    this.#failuresInRow++;
    if (endsRun.includes(error.failure)) this.end(error.message);
    else if (this.#failuresInRow >= maxFailuresInRow) {
      this.end(`${maxFailuresInRow} files in a row failed, the last: ${error.message}`);
    }
  }

  /** What waited after the last run is looked at anew. */
  forgetWaiting(): void {
    this.#queue.clear();
  }

  /** What of a unit waits for it; undefined when it has everything. */
  setWaiting(unit: string, waiting: Waiting | undefined): void {
    if (waiting === undefined) this.#queue.delete(unit);
    else this.#queue.set(unit, waiting);
  }

  findWaiting(unit: string): Waiting | undefined {
    return this.#queue.get(unit);
  }

  succeed(): void {
    this.#failuresInRow = 0;
  }

  /** Gives the store up for this run. */
  end(why: string): void {
    this.#ended ??= why;
    this.#ending.abort();
  }

  /** A run over the whole lake is over. */
  noteRun(): void {
    this.#lastRun = { ...this.#attempts };
  }

  /** Sends to it again, for another try. */
  resume(): void {
    if (this.#ended === undefined) return;
    this.#ended = undefined;
    this.#failuresInRow = 0;
    this.#ending = new AbortController();
  }

  describe(): StoreStatus {
    const nowMs = this.effects.readNowMs();
    return {
      store: this.store.name,
      url: this.store.url,
      ...sumAttempts(this.#hours, nowMs),
      ...this.#sumQueue(),
      last_batch_at: this.lastBatchAt,
      error: this.#error,
      failing_since: this.#failingSince,
      hours: keepRecent(this.#hours, nowMs),
      ...(this.#lastRun && { last_run: this.#lastRun }),
    };
  }

  #sumQueue(): Pick<StoreStatus, 'objects_queued' | 'bytes_queued' | 'queued_since'> {
    const sum = { objects_queued: 0, bytes_queued: 0 };
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const { objects, bytes, sinceMs } of this.#queue.values()) {
      sum.objects_queued += objects;
      sum.bytes_queued += bytes;
      oldestMs = Math.min(oldestMs, sinceMs);
    }
    const isEmpty = this.#queue.size === 0;
    return { ...sum, queued_since: isEmpty ? null : new Date(oldestMs).toISOString() };
  }

  #count(failure: StoreError | undefined): void {
    const nowMs = this.effects.readNowMs();
    this.#hours = countAttempt(this.#hours, nowMs, failure === undefined);
    this.#attempts.attempts++;
    if (failure !== undefined) this.#attempts.failed++;
    this.#error = failure?.message ?? null;
    this.#failingSince =
      failure === undefined ? null : (this.#failingSince ?? new Date(nowMs).toISOString());
  }
}

function readQueue({ objects_queued, bytes_queued, queued_since }: StoreStatus): Waiting {
  const sinceMs = Date.parse(queued_since ?? '');
  return { objects: objects_queued, bytes: bytes_queued, sinceMs };
}
