// Parquet files that are not here because they were sent away, where the ledger does not know that a store has
// them: it was lost, or the store is another. The store is asked, for here is nothing to send again.

import { findAway } from '../../lake/away.ts';
import { withRetries } from '../store/retry.ts';
import { dataKey, describedDatasets } from './day-files.ts';
import { noteUploaded, type UploadedFile } from './ledger.ts';
import type { Target } from './target.ts';
import type { Unit } from './unit.ts';
import { compareObject } from './witness.ts';

/** Notes those that the store confirms, and gives what is known then. Throws StoreError. */
export async function recogniseAway(
  root: string,
  { instrument, day }: Unit,
  { store, effects, retry }: Target,
  ledgerPath: string,
  known: ReadonlyMap<string, UploadedFile>,
): Promise<ReadonlyMap<string, UploadedFile>> {
  const all = new Map(known);
  for (const dataset of describedDatasets) {
    const key = dataKey(dataset, instrument, day);
    const away = await findAway(root, dataset, instrument, day);
    if (away === undefined || all.get(key)?.sha256 === away.sha256) continue;
    const { bytes, md5, sha256, stores } = away;
    const version = stores.find(({ url }) => url === store.url)?.version ?? '';
    const object = await withRetries((signal) => store.head(key, signal), retry);
    const confirmed = compareObject(object, { bytes, md5, version });
    if (typeof confirmed === 'string') continue;
    const at = new Date(effects.readNowMs()).toISOString();
    const place = { at, url: store.url, key, version: confirmed.version };
    const file = { ...place, bytes, md5, sha256, mtime_ms: 0 };
    await noteUploaded(ledgerPath, file);
    all.set(key, file);
  }
  return all;
}
