// A new file for the bytes that come out of a store: written to its end and synced, or not there at all.

import { type FileHandle, open, rm } from 'node:fs/promises';
import { findErrorCode, OperationalError } from '../../lake/errors.ts';
import { type StoreAction, tellFailure } from './failure.ts';
import { Digester } from './local-file.ts';
import { hasContent, type StoredObject } from './store.ts';

/** Writes what was read of an object to a new file, if it is what the store says the object is. */
export async function receiveObject(
  object: StoredObject,
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  action: StoreAction,
): Promise<void> {
  await writeNewFile(path, digestChunks());
  async function* digestChunks(): AsyncGenerator<Uint8Array> {
    const digester = new Digester();
    let missingBytes = object.bytes;
    for await (const chunk of chunks) {
      missingBytes -= chunk.length;
      if (missingBytes < 0)
        throw tellFailure('checksum', action, 'it is longer than the store says');
      digester.add(chunk);
      yield chunk;
    }
    if (hasContent(object, { path, ...digester.end() }) !== false) return;
    throw tellFailure('checksum', action, 'what was read is not what the store says it has');
  }
}

/** What is thrown in place of what the disk refuses. */
type TellDisk = (thrown: unknown) => Error;

/**
 * Makes the file at `path`, which must not be there. What `chunks` throws is thrown on; what the disk refuses
 * is an OperationalError that names the path, or what `tell` makes of it.
 */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  tell: TellDisk = (thrown) => tellDisk(path, thrown),
): Promise<void> {
  const file = await onDisk(tell, () => open(path, 'wx'));
  try {
    await writeChunks(tell, file, chunks);
  } catch (thrown) {
    await rm(path, { force: true });
    throw thrown;
  }
}

async function writeChunks(
  tell: TellDisk,
  file: FileHandle,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    for await (const chunk of chunks) await onDisk(tell, () => file.writeFile(chunk));
    await onDisk(tell, () => file.sync());
  } finally {
    await file.close();
  }
}

async function onDisk<T>(tell: TellDisk, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (thrown) {
    throw tell(thrown);
  }
}

function tellDisk(path: string, thrown: unknown): OperationalError {
  const reason = findErrorCode(thrown) ?? String(thrown);
  return new OperationalError(`write ${path}: ${reason}`, {
    hint: 'see that the disk has room and that the folder may be written',
    cause: thrown,
  });
}
