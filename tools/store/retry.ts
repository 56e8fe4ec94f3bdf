// Trying again what a store refused for a while: so many times, with full jitter between. A put that is tried
// again may find that an earlier try has arrived after all: what is there is looked at, and taken where it
// is the file. So a file arrives exactly once, however often it is sent.

import { type BackoffLimits, planBackoffMs } from '../../lake/backoff.ts';
import { measureFile } from './local-file.ts';
import { tellChanged } from './sent-file.ts';
import {
  hasContent,
  type LocalFile,
  type ObjectStore,
  type Precondition,
  type StoredObject,
  StoreError,
} from './store.ts';

export type RetryLimits = BackoffLimits & { attempts: number };

/** Half an hour of a store that is down is left to the next run. */
export const retryLimits: RetryLimits = { attempts: 6, firstMs: 1000, maxMs: 60_000 };

/** One attempt, as it ended: for counting, and for the log. */
export type Attempt = { number: number; failure: StoreError | undefined };

export type Retry = {
  limits: RetryLimits;
  /** [0, 1) */
  random(): number;
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  signal: AbortSignal;
  /** Called after every attempt. */
  onAttempt?(attempt: Attempt): void;
};

/** The result of the first attempt that succeeds; throws what the last one threw. */
export async function withRetries<T>(
  action: (signal: AbortSignal) => Promise<T>,
  { limits, random, sleep, signal, onAttempt }: Retry,
): Promise<T> {
  for (let number = 1; ; number++) {
    signal.throwIfAborted();
    try {
      const result = await action(signal);
      onAttempt?.({ number, failure: undefined });
      return result;
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      onAttempt?.({ number, failure: thrown });
      if (!thrown.retryable || number >= limits.attempts) throw thrown;
      await sleep(planBackoffMs(number - 1, limits, random), signal);
    }
  }
}

/**
 * Sends the file until it is there. Where the precondition fails because the store has just this file, that
 * is what was wanted.
 */
export function putWithRetries(
  store: ObjectStore,
  key: string,
  file: LocalFile,
  precondition: Precondition,
  retry: Retry,
): Promise<StoredObject> {
  let wanted = precondition;
  return withRetries(async (signal) => {
    try {
      return await store.put(key, file, wanted, signal);
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      if (thrown.failure === 'checksum') await expectUnchanged(file, signal);
      if (thrown.leftVersion !== undefined) wanted = { version: thrown.leftVersion };
      if (thrown.failure !== 'precondition') throw thrown;
      const there = await store.head(key, signal);
      if (there !== undefined && (await store.holds(there, file, signal))) return there;
      throw thrown;
    }
  }, retry);
}

/** A file that has changed meanwhile would never arrive as it was measured. */
async function expectUnchanged(file: LocalFile, signal: AbortSignal): Promise<void> {
  const now = await measureFile(file.path, signal);
  if (hasContent({ key: '', version: '', ...now }, file) !== true) throw tellChanged(file);
}
