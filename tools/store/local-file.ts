// A file's size and digests, in one pass with bounded memory. MD5 is what stores report; CRC-32 is what S3
// reports of objects it encrypts with a key of its own, whose ETag is no MD5.

import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { LocalFile } from './store.ts';

export const chunkBytes = 256 * 1024;

export type Digests = Pick<LocalFile, 'bytes' | 'md5' | 'crc32'>;

/** `also` is given the bytes, too: they are read once for whatever is to be known of them. */
export async function measureFile(
  path: string,
  signal?: AbortSignal,
  also?: Hash,
): Promise<LocalFile> {
  const file = await open(path, 'r');
  const digester = new Digester();
  try {
    // No larger than the file: buffers of many small files in a row pile up until they are collected.
    const { size } = await file.stat();
    const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, size + 1));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return { path, ...digester.end() };
      const chunk = buffer.subarray(0, bytesRead);
      digester.add(chunk);
      also?.update(chunk);
    }
  } finally {
    await file.close();
  }
}

export async function measureBytes(chunks: AsyncIterable<Uint8Array>): Promise<Digests> {
  const digester = new Digester();
  for await (const chunk of chunks) digester.add(chunk);
  return digester.end();
}

/** Takes bytes as they pass. */
export class Digester {
  readonly #md5: Hash = createHash('md5');
  #crc32 = 0;
  #bytes = 0;

  add(chunk: Uint8Array): void {
    this.#md5.update(chunk);
    this.#crc32 = crc32(chunk, this.#crc32);
    this.#bytes += chunk.length;
  }

  end(): Digests {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(this.#crc32);
    return { bytes: this.#bytes, md5: this.#md5.digest('hex'), crc32: sum.toString('base64') };
  }
}
