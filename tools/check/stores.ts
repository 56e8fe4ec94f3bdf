// Check of the configured stores: may we write, find, list, read and delete there? Leaves nothing behind where it
// may delete, and nothing in the lake: its root may not be there yet. What an upload can live without is worth
// a warning.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../lake/config.ts';
import { OperationalError } from '../../lake/errors.ts';
import { type ConfiguredStore, hasStores, openStores } from '../store/stores.ts';
import { timeLimits } from '../store/time-limits.ts';
import type { CheckFinding } from './finding.ts';

/** One finding for each store. */
export async function checkStores(config: Config, answerWithinMs: number): Promise<CheckFinding[]> {
  if (!hasStores(config)) return [];
  const limits = { ...timeLimits, answerMs: answerWithinMs };
  const tempFolder = await mkdtemp(join(tmpdir(), 'crypto-lake-check-'));
  try {
    const stores = await openStores(config, limits, tempFolder);
    return await Promise.all(stores.map(checkStore));
  } finally {
    await rm(tempFolder, { recursive: true });
  }
}

async function checkStore({ store }: ConfiguredStore): Promise<CheckFinding> {
  const name = `${store.name} store`;
  try {
    const missing = await store.check(new AbortController().signal);
    if (missing.length === 0) {
      return { level: 'ok', name, detail: `${store.url} can be written and read` };
    }
    return { level: 'warn', name, detail: `${store.url} ${missing.join('; ')}` };
  } catch (thrown) {
    if (!(thrown instanceof OperationalError)) throw thrown;
    return { level: 'fail', name, detail: thrown.message.replace(/\n\s*/, '; ') };
  }
}
