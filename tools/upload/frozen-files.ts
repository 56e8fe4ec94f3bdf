// Keeps the files of a unit as they are while they are sent: partitions by a second name, which their next
// revision does not touch, files that grow by a copy. What belongs together is taken under the lock
// `transform`, so that Parquet files, manifests and ledger are of one publication.

import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { OperationalError } from '../../lake/errors.ts';
import { awaitLock } from '../../lake/lock.ts';
import { listSourceFiles } from './source-files.ts';
import type { SourceFile, Unit } from './unit.ts';

export type Freezing = {
  root: string;
  rawPrefix: string;
  /** Where this sender's files lie on their way. */
  sendingDir: string;
  signal: AbortSignal;
};

/** The files of a unit, frozen, and the folder they and what is made of them lie in. */
export type Frozen = { files: SourceFile[]; folder: string };

/** What to do about a Parquet file that a store lacks, and that is not here either. */
export const absentHint =
  'run --mode restore with the store that has it: the file .uploaded.json in its place names it';

/** A run of the transformer is waited for; an hour holds a rebuild of many days. */
const lockWithinMs = 3_600_000;

/**
 * Takes those files of the unit that `isWanted`, into the folder `name` of what is being sent. `drop` it in
 * the end.
 */
export async function freezeUnit(
  { root, rawPrefix, sendingDir, signal }: Freezing,
  unit: Unit,
  name: string,
  isWanted: (file: SourceFile) => boolean,
): Promise<Frozen> {
  const folder = join(sendingDir, name);
  await mkdir(folder, { recursive: true });
  const freeze = async () => {
    const files = (await listSourceFiles(root, unit, rawPrefix)).filter(isWanted);
    for (const [index, file] of files.entries()) {
      files[index] = await freezeFile(file, join(folder, `${index}-${basename(file.path)}`));
    }
    return { files, folder };
  };
  if (unit.kind === 'raw') return await freeze();
  const lock = await awaitLock(root, 'transform', { withinMs: lockWithinMs, signal });
  try {
    return await freeze();
  } finally {
    await lock.release();
  }
}

/** Deletes the folder; of a whole sender it is what a run that was killed has left. */
export async function dropFrozen(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}

async function freezeFile(file: SourceFile, path: string): Promise<SourceFile> {
  if (file.isAbsent) {
    throw new OperationalError(`send ${file.key}: it is not here`, { hint: absentHint });
  }
  // A sealed part never changes.
  if (file.isPacked || isSealedPart(file)) return file;
  if (file.path.endsWith('.jsonl')) await copyFile(file.path, path);
  else await link(file.path, path);
  return { ...file, path };
}

function isSealedPart({ path }: SourceFile): boolean {
  return /\/part_\d+\.jsonl(\.gz|\.zst)$/.test(path);
}
