// The bytes of a local file on their way into a store, with bounded memory: as many as were measured, or an
// error. That they are still the same bytes is for the store's digest to show.

import { createReadStream } from 'node:fs';
import { findErrorCode, OperationalError } from '../../lake/errors.ts';
import { chunkBytes } from './local-file.ts';
import type { LocalFile } from './store.ts';

/** Throws OperationalError where the file cannot be read, or is shorter than it was. */
export async function* readSentFile(file: LocalFile, signal: AbortSignal): AsyncGenerator<Buffer> {
  let missingBytes = file.bytes;
  if (missingBytes === 0) return;
  const bounds = { end: file.bytes - 1, highWaterMark: chunkBytes };
  try {
    for await (const chunk of createReadStream(file.path, { ...bounds, signal })) {
      missingBytes -= chunk.length;
      yield chunk;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const reason = findErrorCode(thrown) ?? String(thrown);
    // Who reads has had enough.
    if (reason === 'ABORT_ERR') throw thrown;
    throw new OperationalError(`read ${file.path}: ${reason}`, { cause: thrown });
  }
  if (missingBytes > 0) throw tellChanged(file);
}

export function tellChanged({ path }: LocalFile): OperationalError {
  return new OperationalError(`read ${path}: it has changed since it was measured`, {
    hint: 'the next run takes it as it is now',
  });
}
