// SHA-256 of the lines of a sealed part, however it is compressed: two parts of the same lines are one part.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { PartCompression } from '../../lake/layout.ts';

/** Hex. */
export async function digestLines(path: string, compression: PartCompression): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), openUnpacker(compression), hash);
  return hash.digest('hex');
}

/** Turns the bytes of a part into those of its lines. */
export function openUnpacker(compression: PartCompression) {
  if (compression === 'none') return new PassThrough();
  return compression === 'gzip' ? createGunzip() : createZstdDecompress();
}
