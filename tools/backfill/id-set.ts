// A set of trade ids as bits, in blocks, so that the millions of a day cost a bit each wherever they
// begin. Holds no effects.

import type { IdRange } from './id-ranges.ts';

const idsPerBlock = 65_536;

export class IdSet {
  size = 0;
  readonly #blocks = new Map<number, Uint8Array>();
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  /** Adds an id; false where it was there already. */
  add(id: number): boolean {
    const number = Math.floor(id / idsPerBlock);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = new Uint8Array(idsPerBlock / 8);
      this.#blocks.set(number, block);
    }
    const at = id - number * idsPerBlock;
    const bit = 1 << (at & 7);
    if ((block[at >> 3]! & bit) !== 0) return false;
    block[at >> 3]! |= bit;
    this.size++;
    if (id < this.#first) this.#first = id;
    if (id > this.#last) this.#last = id;
    return true;
  }

  /** Lowest and highest id; undefined where there is none. */
  bounds(): IdRange | undefined {
    return this.size === 0 ? undefined : [this.#first, this.#last];
  }

  /** The ids between the lowest and the highest that are not in it, at most `most` ranges. */
  listMissing(most: number): IdRange[] {
    const missing: [number, number][] = [];
    if (this.#last - this.#first + 1 === this.size) return missing;
    for (let id = this.#first; id <= this.#last; id++) {
      const number = Math.floor(id / idsPerBlock);
      const block = this.#blocks.get(number);
      const at = id - number * idsPerBlock;
      if (block !== undefined && (block[at >> 3]! & (1 << (at & 7))) !== 0) continue;
      const blockEnd = (number + 1) * idsPerBlock - 1;
      const end = block === undefined ? Math.min(blockEnd, this.#last) : id;
      const before = missing.at(-1);
      if (before !== undefined && before[1] === id - 1) before[1] = end;
      else if (missing.length === most) return missing;
      else missing.push([id, end]);
      id = end;
    }
    return missing;
  }
}
