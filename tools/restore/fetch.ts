// One object out of a store into a file beside its place in the lake, checked against what the store says of
// it before anything else is done with it. What a killed restore has left there is overwritten.

import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { measureFile } from '../store/local-file.ts';
import { type Retry, withRetries } from '../store/retry.ts';
import { type ObjectStore, StoreError } from '../store/store.ts';

export type Fetching = {
  root: string;
  store: ObjectStore;
  retry: Retry;
  /** Every file that was fetched, to be removed where it was not renamed into place. Added to. */
  fetched: Set<string>;
};

export type FetchedFile = { key: string; path: string; target: string; bytes: number };

/** Removes what was fetched and is not needed. */
export async function dropFetched({ fetched }: Fetching): Promise<void> {
  for (const path of fetched) await rm(path, { force: true });
  fetched.clear();
}

/** Never matches `*.parquet`, nor what the transformer stages. */
export const restoredSuffix = '.restored';

/**
 * Brings the object as `<its place>.restored`, or undefined where there is none. Throws StoreError where it
 * cannot be had, or is not what the store says it is.
 */
export async function fetchFile(
  { root, store, retry, fetched }: Fetching,
  key: string,
  target = join(root, key),
): Promise<FetchedFile | undefined> {
  const path = `${target}${restoredSuffix}`;
  return withRetries(async (signal) => {
    const object = await store.head(key, signal);
    if (object === undefined) return undefined;
    await mkdir(dirname(path), { recursive: true });
    await rm(path, { force: true });
    fetched.add(path);
    await store.get(key, path, signal);
    const file = await measureFile(path, signal);
    if (await store.holds(object, file, signal)) return { key, path, target, bytes: file.bytes };
    await rm(path, { force: true });
    throw new StoreError(
      'checksum',
      `get ${key} from ${store.url}: what arrived is not what the store says it has`,
      {
        hint: 'run it again; if it stays so, the object is damaged: take another store or version',
      },
    );
  }, retry);
}
