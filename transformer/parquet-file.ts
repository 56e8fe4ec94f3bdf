// Whether a file can be a whole Parquet file, by its first and last bytes. What lies between is not read.

import { closeSync, openSync, readSync, statSync } from 'node:fs';

/** What is wrong with it, undefined where nothing is. */
export function findParquetFault(path: string): string | undefined {
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return 'is missing';
  const head = Buffer.alloc(4);
  const tail = Buffer.alloc(8);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, 4, 0);
    readSync(file, tail, 0, 8, Math.max(0, size - 8));
  } finally {
    closeSync(file);
  }
  // It begins and ends with its magic, and says before the end how long its footer is.
  const isWhole =
    head.toString('latin1') === 'PAR1' &&
    tail.toString('latin1', 4) === 'PAR1' &&
    tail.readUInt32LE(0) + 12 <= size;
  return isWhole ? undefined : `is cut off or damaged (${size} bytes)`;
}
