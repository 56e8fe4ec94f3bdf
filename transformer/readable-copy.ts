// A copy of a part that DuckDB reads without a surprise: it counts some broken lines twice, some not at
// all, and ends at others. In the copy every line that is no raw line is an empty object, which reads
// as exactly one bad line, and every row of a fill has a line of its own, which keeps memory small.

import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type PartLine, readPartLines } from './part-lines.ts';
import type { Part } from './parts.ts';

/** Returns the bytes of the longest line. */
export async function writeReadableCopy(part: Part, path: string): Promise<number> {
  let longest = 0;
  await pipeline(async function* () {
    for await (const line of readPartLines(part)) {
      longest = Math.max(longest, line.bytes.length);
      yield* copyLine(line);
    }
  }, createWriteStream(path));
  return longest;
}

function* copyLine({ bytes, value }: PartLine): Generator<Buffer | string> {
  const isFill = value?.conn === 'rest' || value?.conn === 'archive';
  if (value === undefined) yield '{}\n';
  else if (isFill && Array.isArray(value.msg)) {
    const { recv, conn } = value;
    for (const msg of value.msg) yield `${JSON.stringify({ recv, conn, msg })}\n`;
  } else {
    yield bytes;
    yield '\n';
  }
}
