// The lock `live` of a lake: of whoever makes its tails, and of whoever puts partitions in place beside them, so that no
// tail is made of a lake that is half of one publication and half of the next.

import { awaitLock, type Lock } from '../../lake/lock.ts';

/** A refresh takes less than a second; the first one after hours, several. */
const lockWithinMs = 60_000;
const lookEveryMs = 20;
const { signal } = new AbortController();

/** Throws OperationalError, retryable, where it is held for a minute. */
export function awaitTailLock(root: string): Promise<Lock> {
  return awaitLock(root, 'live', { withinMs: lockWithinMs, lookEveryMs, signal });
}
