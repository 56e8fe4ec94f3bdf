// A file of an archive on its way: streamed from the network into a temporary file, hashed as it comes,
// never in memory as a whole. A download that stalls or grows beyond its bound is given up.

import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

export type ArchiveDownload =
  | { kind: 'answered'; status: number; retryAfter: string | null }
  | { kind: 'stored'; file: StoredFile };

export type StoredFile = {
  path: string;
  /** Lower-case hex. */
  sha256: string;
  /** Deletes it. */
  drop(): Promise<void>;
};

/** The busiest symbol's busiest day is below 300 MB. */
const maxBytes = 8 * 1024 ** 3;

let downloads = 0;

/**
 * Stores what `url` answers with 200 below `folder`. Rejects where the download breaks off, or stands
 * still for `stallAfterMs`.
 */
export async function download(
  url: string,
  folder: string,
  stallAfterMs: number,
  signal: AbortSignal,
): Promise<ArchiveDownload> {
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), stallAfterMs);
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, stall.signal]) });
    if (response.status !== 200) {
      await response.body?.cancel();
      const retryAfter = response.headers.get('Retry-After');
      return { kind: 'answered', status: response.status, retryAfter };
    }
    const file = await store(response.body ?? [], folder, () => timer.refresh());
    return { kind: 'stored', file };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (!stall.signal.aborted) throw thrown;
    throw new Error(`no data for ${stallAfterMs / 1000} s`, { cause: thrown });
  } finally {
    clearTimeout(timer);
  }
}

async function store(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  folder: string,
  progress: () => void,
): Promise<StoredFile> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${process.pid}-${downloads++}.zip`);
  const drop = () => rm(path, { force: true });
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  let bytes = 0;
  try {
    for await (const chunk of body) {
      progress();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error(`the file is longer than ${maxBytes} bytes`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } catch (thrown) {
    await drop();
    throw thrown;
  } finally {
    await file.close();
  }
  return { path, sha256: hash.digest('hex'), drop };
}
