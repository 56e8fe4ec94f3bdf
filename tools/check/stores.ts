// Check of the configured stores: may we write, find, list, read and delete there? Leaves nothing behind where it
// may delete. What an upload can live without is worth a warning.

import type { Config } from '../../lake/config.ts';
import { OperationalError } from '../../lake/errors.ts';
import { openStores } from '../store/stores.ts';
import { timeLimits } from '../store/time-limits.ts';
import type { CheckFinding } from './finding.ts';

/** One finding for each store. */
export async function checkStores(config: Config, answerWithinMs: number): Promise<CheckFinding[]> {
  const limits = { ...timeLimits, answerMs: answerWithinMs };
  const stores = await openStores(config, limits);
  const { signal } = new AbortController();
  return Promise.all(
    stores.map(async ({ store }): Promise<CheckFinding> => {
      const name = `${store.name} store`;
      try {
        const missing = await store.check(signal);
        if (missing.length === 0) {
          return { level: 'ok', name, detail: `${store.url} can be written and read` };
        }
        return { level: 'warn', name, detail: `${store.url} ${missing.join('; ')}` };
      } catch (thrown) {
        if (!(thrown instanceof OperationalError)) throw thrown;
        return { level: 'fail', name, detail: thrown.message.replace(/\n\s*/, '; ') };
      }
    }),
  );
}
