// Whether a store may be used: an object is written, found, listed, read and deleted again. What an upload can
// live without is told, the rest is thrown. Two probes at once on one store get out of each other's way.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { tellFailure, tellMissing } from './failure.ts';
import { measureFile } from './local-file.ts';
import { type LocalFile, type ObjectStore, StoreError, type StoreFailure } from './store.ts';

export const probeKey = '.crypto-lake-check';
const text = 'Written by crypto-lake to see whether it may. Can be deleted.\n';
const maxRounds = 3;
let probes = 0;

/** `tempFolder`: where the object is kept meanwhile; made and deleted. */
export async function probeStore(
  store: ObjectStore,
  tempFolder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const folder = join(tempFolder, `probe-${process.pid}-${probes++}`);
  try {
    const path = join(folder, 'sent');
    await writeProbe(folder, path);
    return await probeInRounds(store, await measureFile(path), join(folder, 'read'), signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws OperationalError where this machine's disk does not take it. */
async function writeProbe(folder: string, path: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, text);
  } catch (thrown) {
    throw new OperationalError(`write ${path}: ${formatReason(thrown)}`, {
      hint: "see that the disk of the lake has room and can be written: that is not the store's fault",
      cause: thrown,
    });
  }
}

async function probeInRounds(
  store: ObjectStore,
  file: LocalFile,
  readPath: string,
  signal: AbortSignal,
): Promise<string[]> {
  for (let round = 1; ; round++) {
    try {
      return await probeOnce(store, file, readPath, signal);
    } catch (thrown) {
      // Another probe has written or deleted the object meanwhile.
      if (round === maxRounds || !isFailure(thrown, ['precondition', 'missing'])) throw thrown;
    }
  }
}

async function probeOnce(
  store: ObjectStore,
  file: LocalFile,
  readPath: string,
  signal: AbortSignal,
): Promise<string[]> {
  const limits: string[] = [];
  const old = await store.head(probeKey, signal);
  const isWritten = await isAllowed(old !== undefined, () =>
    store.put(probeKey, file, old === undefined ? 'absent' : { version: old.version }, signal),
  );
  if (!isWritten) limits.push('may not replace objects: a day that changes stays there as it was');
  if (await isOverwritten(store, file, signal)) {
    limits.push('heeds no preconditions: a second lake below the same prefix would go unnoticed');
  }
  await expectListed(store, signal);
  await rm(readPath, { force: true });
  await store.get(probeKey, readPath, signal);
  if (isWritten) await expectText(store, readPath);
  const isDeleted = await isAllowed(true, () => store.delete(probeKey, signal));
  if (!isDeleted) limits.push(`may not delete objects: ${probeKey} stays there`);
  return limits;
}

/** False where it is not permitted, and need not be. */
async function isAllowed(isOptional: boolean, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (thrown) {
    if (isOptional && isFailure(thrown, ['permission'])) return false;
    throw thrown;
  }
}

/** Whether an object that is there can be written as if it were not. */
async function isOverwritten(
  store: ObjectStore,
  file: LocalFile,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await store.put(probeKey, file, 'absent', signal);
    return true;
  } catch (thrown) {
    if (isFailure(thrown, ['precondition', 'permission'])) return false;
    throw thrown;
  }
}

async function expectListed(store: ObjectStore, signal: AbortSignal): Promise<void> {
  for await (const { key } of store.list(probeKey, signal)) if (key === probeKey) return;
  throw tellMissing({ verb: 'list', object: `${store.url}/${probeKey}` });
}

async function expectText(store: ObjectStore, readPath: string): Promise<void> {
  if ((await readFile(readPath, 'utf8')) === text) return;
  const action = { verb: 'read', object: `${store.url}/${probeKey}` };
  throw tellFailure('checksum', action, 'what was read is not what was written');
}

function isFailure(thrown: unknown, failures: readonly StoreFailure[]): boolean {
  return thrown instanceof StoreError && failures.includes(thrown.failure);
}
