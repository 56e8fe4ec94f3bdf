// A file's size and digests, in one pass with bounded memory. MD5 is what stores report; CRC-32 is what S3
// reports of objects it encrypts with a key of its own, whose ETag is no MD5.

import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { LocalFile } from './store.ts';

export const chunkBytes = 256 * 1024;

export type Digests = Pick<LocalFile, 'bytes' | 'md5' | 'crc32'>;

export async function measureFile(path: string, signal?: AbortSignal): Promise<LocalFile> {
  const stream = createReadStream(path, { highWaterMark: chunkBytes, ...(signal && { signal }) });
  return { path, ...(await measureBytes(stream)) };
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
