// Waiting for a state that can be seen: looked for often, and within a bound, whose name is in the error.

import { setTimeout as sleep } from 'node:timers/promises';
import { OperationalError } from '../../lake/errors.ts';

const lookEveryMs = 25;
const withinMs = 60_000;

/** Resolves to what `find` finds. Throws OperationalError where it finds nothing in time. */
export async function until<T>(what: string, find: () => Promise<T | undefined>): Promise<T> {
  const startedMs = performance.now();
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (performance.now() - startedMs > withinMs) {
      throw new OperationalError(`await ${what}: not within ${withinMs / 1000} s`);
    }
    await sleep(lookEveryMs);
  }
}
