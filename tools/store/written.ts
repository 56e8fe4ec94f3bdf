// The fresh look after a write: what the store then says it has counts, not what it answered to the write.

import { tellVanished, tellWrongContent } from './failure.ts';
import type { LocalFile, ObjectStore, StoredObject } from './store.ts';

/**
 * The object, which is now there with the content of the file. Throws StoreError where it is not, of kind
 * `checksum` with the version that has to be replaced.
 */
export async function confirmWritten(
  store: ObjectStore,
  key: string,
  file: LocalFile,
  signal: AbortSignal,
): Promise<StoredObject> {
  const action = { verb: 'put', object: `${store.url}/${key}` };
  const written = await store.head(key, signal);
  if (written === undefined) throw tellVanished(action);
  if (await store.holds(written, file, signal)) return written;
  throw tellWrongContent(action, written.version);
}
