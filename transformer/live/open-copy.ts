// Copies of parts that are being written, up to their last whole line. The collector goes on writing; what is read
// must not change between two statements, and a torn line is no line yet.

import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';

const newline = 0x0a;
const stepBytes = 64 * 1024;

/** Copies the bytes from `start` up to `end` of a file to another. */
export async function copyBytes(from: string, to: string, start: number, end: number) {
  await mkdir(dirname(to), { recursive: true });
  // No byte: `end` of a stream is one that is read, and cannot say so.
  const chunks = end <= start ? [] : createReadStream(from, { start, end: end - 1 });
  await pipeline(chunks, createWriteStream(to));
}

/** The bytes of a file up to its last newline, that one included. */
export async function measureWholeLines(path: string): Promise<number> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const step = Buffer.alloc(Math.min(size, stepBytes));
    for (let end = size; end > 0; end -= stepBytes) {
      const start = Math.max(0, end - stepBytes);
      const { bytesRead } = await file.read(step, 0, end - start, start);
      const at = step.subarray(0, bytesRead).lastIndexOf(newline);
      if (at >= 0) return start + at + 1;
    }
    return 0;
  } finally {
    await file.close();
  }
}
