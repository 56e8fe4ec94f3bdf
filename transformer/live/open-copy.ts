// A copy of a part that is being written, up to its last whole line. The collector goes on writing; what is read
// must not change between two statements, and a torn line is no line yet.

import { createReadStream, createWriteStream } from 'node:fs';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

const newline = 0x0a;
const stepBytes = 64 * 1024;

/** Copies the whole lines of `from` to `to`. Returns their bytes. */
export async function copyWholeLines(from: string, to: string): Promise<number> {
  const file = await open(from, 'r');
  try {
    const bytes = await findEndOfLines(file);
    await mkdir(dirname(to), { recursive: true });
    // No line: `end` of a stream counts from 0, and cannot say so.
    const chunks = bytes === 0 ? [] : createReadStream(from, { end: bytes - 1 });
    await pipeline(chunks, createWriteStream(to));
    return bytes;
  } finally {
    await file.close();
  }
}

/** The bytes up to the last newline, that one included. */
async function findEndOfLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const step = Buffer.alloc(stepBytes);
  for (let end = size; end > 0; end -= stepBytes) {
    const start = Math.max(0, end - stepBytes);
    const { bytesRead } = await file.read(step, 0, end - start, start);
    const at = step.subarray(0, bytesRead).lastIndexOf(newline);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
