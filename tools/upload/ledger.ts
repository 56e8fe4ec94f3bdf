// The ledger of an upload: which files of an instrument and day a store is known to have, one line per
// file, appended once the store has confirmed its digest. A line that a crash has torn counts as absent; the
// last line of a key counts. What it says is where to look, never a reason to delete: that takes a fresh
// look at the store.

import { z } from 'zod';
import { appendLineDurably, readTextIfPresent } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';

const uploadedFileSchema = z.object({
  /** ISO 8601, UTC: when it was confirmed. */
  at: z.string(),
  /** Address of the store: another bucket knows nothing of it. */
  url: z.string(),
  key: z.string(),
  /** What was sent: of a raw part that was compressed on the way, the compressed bytes. */
  bytes: z.int(),
  md5: z.string(),
  /** Of the file of the lake, hex, as its manifest says; of a manifest, of its own bytes. */
  sha256: z.string(),
  /** The store's version of the object. */
  version: z.string(),
  /** When the file here was last changed, ms since the epoch: as long as it says so it is the same. */
  mtime_ms: z.number().default(0),
});
export type UploadedFile = z.infer<typeof uploadedFileSchema>;

/** What the ledger at `path` says of the store at `url`, by key. */
export async function readUploadLedger(
  path: string,
  url: string,
): Promise<Map<string, UploadedFile>> {
  const text = (await readTextIfPresent(path)) ?? '';
  const files = new Map<string, UploadedFile>();
  for (const line of text.split('\n')) {
    const parsed = uploadedFileSchema.safeParse(findJson(line));
    if (parsed.success && parsed.data.url === url) files.set(parsed.data.key, parsed.data);
  }
  return files;
}

export async function noteUploaded(path: string, file: UploadedFile): Promise<void> {
  await appendLineDurably(path, JSON.stringify(file));
}
