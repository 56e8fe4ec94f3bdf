// One part from its first byte to its manifest line. Bytes are appended to memory at once and written
// behind: one write in flight, each at its own position, so that a write repeated after a failure
// lands on the same place. The hash is taken from the chunks as they are written.

import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { PartCompression } from '../lake/layout.ts';
import { appendPartRecord } from '../lake/part-manifest.ts';
import type { Chunk, ChunkPool } from './chunk-pool.ts';
import { PartBuffer } from './part-buffer.ts';
import type { PartFile } from './part-file.ts';
import type { PartTally } from './part-tally.ts';
import { type RunStep, sealFile } from './seal.ts';

/** Chunks per write: 1 MB. */
const maxChunksPerWrite = 64;

type OpenedPart = { file: PartFile; path: string };

export class PartWriter {
  readonly buffer: PartBuffer;
  readonly opened: Promise<OpenedPart>;
  readonly #run: RunStep;
  readonly #hash = createHash('sha256');
  #writtenBytes = 0;
  #writing: Promise<void> | undefined;
  #writeAgain = false;

  /** `opened` is the part's file, or will be: bytes are kept until it is there. */
  constructor(pool: ChunkPool, opened: Promise<OpenedPart>, run: RunStep) {
    this.buffer = new PartBuffer(pool, () => this.flush());
    this.opened = opened;
    this.#run = run;
  }

  /** Starts to write what was appended so far; the end of it is not waited for. */
  flush(): void {
    if (this.buffer.isEmpty) return;
    if (this.#writing === undefined) this.#writing = this.#writeAll();
    else this.#writeAgain = true;
  }

  /** Resolves when everything appended is written. */
  async drain(): Promise<void> {
    this.flush();
    await this.#writing;
  }

  /** Seals the drained file and describes it in the manifest. Nothing is appended after. */
  async seal(tally: PartTally, compression: PartCompression): Promise<void> {
    const { file, path } = await this.opened;
    await this.#run(`sync part ${path}`, () => file.sync());
    await file.close();
    const plain = { bytes: this.#writtenBytes, sha256: this.#hash.digest('hex') };
    const { part, packed } = await sealFile(path, compression, this.#run);
    const record = tally.describe({ part, ...(packed ?? plain) });
    await this.#run(`describe part ${path}`, () => appendPartRecord(dirname(path), record));
  }

  async #writeAll(): Promise<void> {
    // Nothing is taken before this: a line that is being appended is whole by then.
    const { file, path } = await this.opened;
    do {
      this.#writeAgain = false;
      const taken = this.buffer.takeAll();
      for (let start = 0; start < taken.length; start += maxChunksPerWrite) {
        const batch = taken.slice(start, start + maxChunksPerWrite);
        await this.#writeBatch(file, path, batch);
        this.buffer.release(batch);
      }
    } while (this.#writeAgain);
    this.#writing = undefined;
  }

  async #writeBatch(file: PartFile, path: string, batch: readonly Chunk[]): Promise<void> {
    let rest = batch.map((chunk) => chunk.bytes.subarray(0, chunk.used));
    for (const bytes of rest) this.#hash.update(bytes);
    while (rest.length > 0) {
      const written = await this.#run(`write part ${path}`, () =>
        file.write(rest, this.#writtenBytes),
      );
      this.#writtenBytes += written;
      rest = dropBytes(rest, written);
    }
  }
}

/** What is left of `pieces` after their first `count` bytes. */
function dropBytes(pieces: readonly Buffer[], count: number): Buffer[] {
  let left = count;
  const rest: Buffer[] = [];
  for (const piece of pieces) {
    if (left < piece.length) rest.push(left > 0 ? piece.subarray(left) : piece);
    left = Math.max(0, left - piece.length);
  }
  return rest;
}
