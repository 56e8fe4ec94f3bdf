// A file as it goes to a store: measured, compared with what its manifest says, and compressed where it is a
// plain raw part. The same part gives the same bytes whenever it is compressed.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import { findErrorCode, OperationalError } from '../../lake/errors.ts';
import { digestFile } from '../../transformer/parts.ts';
import { chunkBytes, measureFile } from '../store/local-file.ts';
import type { LocalFile } from '../store/store.ts';
import type { SourceFile } from './unit.ts';

/** `sha256` is of the file of the lake, also where what is sent is compressed. */
export type PreparedFile = { source: SourceFile; local: LocalFile; sha256: string };

/**
 * Reads the file; compressed bytes are put into `folder`. Throws OperationalError where it is not what its
 * manifest says.
 */
export async function prepareFile(
  source: SourceFile,
  folder: string,
  signal: AbortSignal,
): Promise<PreparedFile> {
  const path = source.isPacked ? join(folder, `${basename(source.path)}.packed`) : source.path;
  const plain = createHash('sha256');
  if (source.isPacked) await packFile(source.path, path, plain, signal);
  const local = await measureFile(path, signal, source.isPacked ? undefined : plain);
  const sha256 = plain.digest('hex');
  if (source.sha256 !== undefined && source.sha256 !== sha256) {
    throw new OperationalError(`read ${source.path}: it is not the file its manifest describes`, {
      hint: source.isPacked
        ? 'restore the part; it is sent when it is whole'
        : 'run --mode verify, which says what can be done; it is sent when it is whole',
    });
  }
  return { source, sha256, local };
}

/** Deletes what was made for the way. */
export async function dropPrepared({ source, local }: PreparedFile): Promise<void> {
  if (source.isPacked) await rm(local.path, { force: true });
}

/** `hash` is given the plain bytes. */
async function packFile(from: string, to: string, hash: Hash, signal: AbortSignal): Promise<void> {
  const { size } = await stat(from);
  await pipeline(
    // A stream that is not told where the file ends takes two buffers of full length for the shortest one.
    createReadStream(from, { highWaterMark: chunkBytes, end: Math.max(0, size - 1) }),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    createZstdCompress(),
    createWriteStream(to),
    { signal },
  );
}

/** The hash of a part, hex, or of what was packed. A packing that is damaged has none. */
export async function digestPart(path: string, isPacked: boolean): Promise<string | undefined> {
  if (!isPacked) return digestFile(path);
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(path), createZstdDecompress(), hash);
  } catch (thrown) {
    if (findErrorCode(thrown)?.startsWith('Z') === true) return undefined;
    throw thrown;
  }
  return hash.digest('hex');
}
