// How many parts are read at once: enough to keep DuckDB busy, little enough to fit its memory.

import type { Part } from './parts.ts';

/** About 700,000 messages: some 120 MB as a table. */
const maxBatchBytes = 128 * 1024 * 1024;

/** JSON lines shrink by about this much; only a guess to size batches with. */
const packedRatio = { none: 1, gzip: 8, zstd: 8 } as const;

/** Cuts parts, in their order, into batches. A part is never split. */
export function planBatches(parts: readonly Part[], maxBytes = maxBatchBytes): Part[][] {
  const batches: Part[][] = [];
  let room = 0;
  for (const part of parts) {
    const bytes = part.bytes * packedRatio[part.compression];
    if (batches.length === 0 || bytes > room) {
      batches.push([]);
      room = maxBytes;
    }
    batches.at(-1)!.push(part);
    room -= bytes;
  }
  return batches;
}
