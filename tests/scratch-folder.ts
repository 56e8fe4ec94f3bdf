// One folder for everything the tests of a run write: set as TMPDIR before any test starts, removed when the
// last has ended. The programs that tests start keep their compiled code in it, too, so that a mode is
// compiled once per run and not once per process.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Called by vitest; what it returns is called at the end. */
export async function setup(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'lake-tests-'));
  process.env.TMPDIR = folder;
  process.env.NODE_COMPILE_CACHE ??= join(folder, 'compiled');
  // A program that was told to stop may still write.
  return () => rm(folder, { recursive: true, force: true, maxRetries: 10 });
}
