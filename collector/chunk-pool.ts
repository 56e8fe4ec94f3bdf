// The memory between the sockets and the disk: chunks of one size, handed out to the parts that have
// bytes to write and taken back when those are written. It counts, and tells when the count crosses
// its marks; it never refuses, because a frame already received must not be dropped.

export const chunkBytes = 16 * 1024;

/** Bytes waiting for the disk; `used` of them are filled. */
export type Chunk = { readonly bytes: Buffer; used: number };

/** Chunks kept for reuse: making them anew costs more than filling them. 32 MB. */
const maxSpareChunks = 2048;

export class ChunkPool {
  readonly #spare: Chunk[] = [];
  #taken = 0;
  readonly #onChange: () => void;

  /** `onChange` is called after every chunk taken or given back. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get takenBytes(): number {
    return this.#taken * chunkBytes;
  }

  take(): Chunk {
    const chunk = this.#spare.pop() ?? { bytes: Buffer.allocUnsafeSlow(chunkBytes), used: 0 };
    chunk.used = 0;
    this.#taken++;
    this.#onChange();
    return chunk;
  }

  give(chunk: Chunk): void {
    this.#taken--;
    if (this.#spare.length < maxSpareChunks) this.#spare.push(chunk);
    this.#onChange();
  }
}
