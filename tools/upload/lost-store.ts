// Whether a store still is the one the ledgers tell of: a disk may have been replaced, a bucket made anew, an
// address changed. The newest day of each instrument is looked for; where one is gone nothing the ledgers say
// is believed any more, and the store is asked for everything.

import { rm } from 'node:fs/promises';
import { uploadLedgerDir } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { listManifestDays } from '../../transformer/partitions.ts';
import { listAllInstruments } from '../../transformer/stored-instruments.ts';
import { withRetries } from '../store/retry.ts';
import { StoreError } from '../store/store.ts';
import { manifestKey } from './day-files.ts';
import { readUploadLedger } from './ledger.ts';
import type { Target } from './target.ts';
import { findLedgerPath } from './unit.ts';

/** Days that are looked at for one the ledger knows. */
const maxDays = 10;

/** Deletes the ledgers of a store that has lost what they say. Gives it up for the run where it cannot be asked. */
export async function forgetLostStore(root: string, target: Target, log: Log): Promise<void> {
  const { store, retry } = target;
  try {
    for (const key of await listNewest(root, target)) {
      const object = await withRetries((signal) => store.head(key, signal), retry);
      if (object !== undefined) continue;
      log.warn(`upload to ${store.url}: ${key} was there and is gone`, {
        hint: 'it is asked for every file, and sent what it lacks',
      });
      await rm(uploadLedgerDir(root, store.name), { recursive: true, force: true });
      return;
    }
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    target.end(thrown.message);
  }
}

/** The manifest of the newest day that the store is known to have, of each instrument. */
async function listNewest(root: string, { store }: Target): Promise<string[]> {
  const keys: string[] = [];
  for (const instrument of await listAllInstruments(root)) {
    const days = await listManifestDays(root, 'bars_1s', instrument);
    for (const day of days.slice(-maxDays).reverse()) {
      const path = findLedgerPath(root, store.name, { kind: 'day', instrument, day });
      const key = manifestKey('bars_1s', instrument, day);
      if (!(await readUploadLedger(path, store.url)).has(key)) continue;
      keys.push(key);
      break;
    }
  }
  return keys;
}
