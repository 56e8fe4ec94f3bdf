// From a part whose last byte is written to a sealed one: synced, compressed where the configuration
// says so, renamed. It gets its final name only as a whole, and from then on never changes.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { syncPath } from '../lake/durable.ts';
import { openSuffix, type PartCompression, partSuffixes } from '../lake/layout.ts';

/** Runs one step; the collector's repeats it until it succeeds. */
export type RunStep = <T>(what: string, action: () => Promise<T>) => Promise<T>;

/** A sealed part: its file name, and the size and hash of the file where it was compressed. */
export type SealedFile = { part: string; packed: { bytes: number; sha256: string } | undefined };

/** Seals the synced, closed file at `openPath`. */
export async function sealFile(
  openPath: string,
  compression: PartCompression,
  run: RunStep,
): Promise<SealedFile> {
  const folder = dirname(openPath);
  const stem = openPath.slice(0, -(partSuffixes.none + openSuffix).length);
  const sealedPath = stem + partSuffixes[compression];
  const isPacked = compression !== 'none';
  const wholePath = isPacked ? sealedPath + openSuffix : openPath;
  const packed = isPacked
    ? await run(`compress part ${openPath}`, () => compressFile(openPath, wholePath, compression))
    : undefined;
  await run(`seal part ${sealedPath}`, () => rename(wholePath, sealedPath));
  await run(`sync folder ${folder}`, () => syncPath(folder));
  if (isPacked) await run(`delete ${openPath}`, () => unlink(openPath));
  return { part: basename(sealedPath), packed };
}

/** Writes the compressed bytes of `from` to `to` and syncs them; their size and hash. */
async function compressFile(from: string, to: string, compression: 'gzip' | 'zstd') {
  const hash = createHash('sha256');
  const pack = compression === 'gzip' ? createGzip() : createZstdCompress();
  await pipeline(
    createReadStream(from, { highWaterMark: 1 << 18 }),
    pack,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createWriteStream(to, { flush: true }),
  );
  const { size } = await stat(to);
  return { bytes: size, sha256: hash.digest('hex') };
}
