// The ETag of an object that was sent in parts: the MD5 of the parts' MD5s, and their number. So it shows the
// content only to who knows how large the parts were. Read from a file with bounded memory.

import { createHash } from 'node:crypto';
import { readSentFile } from './sent-file.ts';
import type { LocalFile } from './store.ts';

const maxParts = 10_000;

/** How large the parts of a file are, of which there can be 10,000. */
export function planPartBytes(bytes: number, minPartBytes: number): number {
  return Math.max(minPartBytes, Math.ceil(bytes / maxParts));
}

/** `<md5 of the md5s>-<parts>` of the file. */
export async function measurePartedEtag(
  file: LocalFile,
  partBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const parts = createHash('md5');
  let count = 0;
  let part = createHash('md5');
  let missingBytes = partBytes;
  const endPart = () => {
    parts.update(part.digest());
    count++;
    part = createHash('md5');
    missingBytes = partBytes;
  };
  for await (const chunk of readSentFile(file, signal)) {
    let rest = chunk;
    while (rest.length >= missingBytes) {
      const taken = missingBytes;
      part.update(rest.subarray(0, taken));
      endPart();
      rest = rest.subarray(taken);
    }
    part.update(rest);
    missingBytes -= rest.length;
  }
  if (missingBytes < partBytes || count === 0) endPart();
  return `${parts.digest('hex')}-${count}`;
}
