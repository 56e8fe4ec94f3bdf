// Bytes of one part on their way to the disk, in the order they were appended. A line may run across
// chunks; it is copied once, from the socket's buffer into a chunk, and never touched again.

import { frameSuffix } from '../lake/raw-line.ts';
import { type Chunk, type ChunkPool, chunkBytes } from './chunk-pool.ts';

const suffix = Buffer.from(frameSuffix);
const brace = suffix[0]!;
const newline = suffix[1]!;

/** Chunks that are worth a write of their own: still in the processor's cache when it is done. */
const chunksPerWrite = 32;

export class PartBuffer {
  readonly #pool: ChunkPool;
  readonly #onFull: () => void;
  /** Oldest first; only the last one has room. */
  #chunks: Chunk[] = [];
  #last: Chunk | undefined;
  /** Bytes appended since the part began, taken or not. */
  appendedBytes = 0;

  /** `onFull` is called, perhaps in the middle of a line, when enough waits to be written. */
  constructor(pool: ChunkPool, onFull: () => void) {
    this.#pool = pool;
    this.#onFull = onFull;
  }

  get isEmpty(): boolean {
    return this.#last === undefined;
  }

  /** Appends prefix, frame and line end. */
  appendFrame(prefix: Uint8Array, frame: Uint8Array): void {
    const length = prefix.length + frame.length + 2;
    const chunk = this.#last;
    if (chunk === undefined || chunk.used + length > chunkBytes) {
      this.append(prefix);
      this.append(frame);
      this.append(suffix);
      return;
    }
    const bytes = chunk.bytes;
    let at = chunk.used;
    bytes.set(prefix, at);
    at += prefix.length;
    bytes.set(frame, at);
    at += frame.length;
    bytes[at] = brace;
    bytes[at + 1] = newline;
    chunk.used = at + 2;
    this.appendedBytes += length;
  }

  append(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      let chunk = this.#last;
      if (chunk === undefined || chunk.used === chunkBytes) chunk = this.#addChunk();
      const end = Math.min(bytes.length, start + chunkBytes - chunk.used);
      const isWhole = end - start === bytes.length;
      chunk.bytes.set(isWhole ? bytes : bytes.subarray(start, end), chunk.used);
      chunk.used += end - start;
      start = end;
    }
    this.appendedBytes += bytes.length;
  }

  /** Hands over everything appended so far, oldest first. Give it back with `release`. */
  takeAll(): Chunk[] {
    const taken = this.#chunks;
    this.#chunks = [];
    this.#last = undefined;
    return taken;
  }

  release(chunks: readonly Chunk[]): void {
    for (const chunk of chunks) this.#pool.give(chunk);
  }

  #addChunk(): Chunk {
    const chunk = this.#pool.take();
    this.#chunks.push(chunk);
    this.#last = chunk;
    if (this.#chunks.length > chunksPerWrite) this.#onFull();
    return chunk;
  }
}
