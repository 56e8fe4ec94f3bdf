// Reads a raw part once for its size, its hash and its lines. Every part is read at most once while it
// is remembered; `forget` lets go of what lies behind.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { formatReason } from '../../lake/errors.ts';
import { type PartCompression, parsePartFileName } from '../../lake/layout.ts';

export type PartMeasure = {
  bytes: number;
  sha256: string;
  /** Undefined where the file cannot be unpacked. */
  lines: number | undefined;
  /** Why the file could not be read to its end, undefined where it could. */
  fault: string | undefined;
};

export type PartReader = {
  /** Measures the part at this path below the root. */
  measure(name: string): Promise<PartMeasure>;
  /** Forgets the parts of receipt days before `day`. */
  forget(day: string): void;
};

export function createPartReader(root: string, onBytes: (bytes: number) => void): PartReader {
  const known = new Map<string, Promise<PartMeasure>>();
  return {
    measure(name) {
      const measured = known.get(name) ?? measurePart(join(root, name), name, onBytes);
      known.set(name, measured);
      return measured;
    },
    forget(day) {
      for (const name of known.keys()) if (name.split('/').at(-2)! < day) known.delete(name);
    },
  };
}

async function measurePart(
  path: string,
  name: string,
  onBytes: (bytes: number) => void,
): Promise<PartMeasure> {
  const hash = createHash('sha256');
  let bytes = 0;
  let fault: string | undefined;
  const counter = createLineCounter();
  async function* digest(chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes(chunk.length);
      yield chunk;
    }
  }
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const compression = parsePartFileName(name.split('/').at(-1)!)?.compression ?? 'none';
  try {
    await unpack(file, digest, compression, counter.read);
  } catch (thrown) {
    fault = formatReason(thrown);
  }
  // What could not be unpacked still has bytes and a hash.
  if (fault !== undefined && compression !== 'none') return measureBytes(path, fault);
  const lines = fault === undefined ? counter.lines() : undefined;
  return { bytes, sha256: hash.digest('hex'), lines, fault };
}

type ReadChunks = (chunks: AsyncIterable<Buffer>) => Promise<void>;
type PassChunks = (chunks: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

async function unpack(
  file: ReturnType<typeof createReadStream>,
  digest: PassChunks,
  compression: PartCompression,
  read: ReadChunks,
): Promise<void> {
  if (compression === 'gzip') await pipeline(file, digest, createGunzip(), read);
  else if (compression === 'zstd') await pipeline(file, digest, createZstdDecompress(), read);
  else await pipeline(file, digest, read);
}

async function measureBytes(path: string, fault: string): Promise<PartMeasure> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk);
      bytes += chunk.length;
    }
  } catch (thrown) {
    return { bytes, sha256: '', lines: undefined, fault: formatReason(thrown) };
  }
  return { bytes, sha256: hash.digest('hex'), lines: undefined, fault };
}

function createLineCounter() {
  let lines = 0;
  let isOpen = false;
  async function read(chunks: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of chunks) {
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) lines++;
      isOpen = chunk.at(-1) !== 0x0a;
    }
  }
  return { read, lines: () => lines + (isOpen ? 1 : 0) };
}
