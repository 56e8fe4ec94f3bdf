// What a restore that was killed has fetched and not renamed into place, and files that were being written
// when the power went: `*.restored`, and `*.<uuid>.tmp` beside where they belong. They go when nobody has touched
// them for long, and never while a publication is unfinished: its journal may name them.

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../lake/clock.ts';
import { listNames } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { logRemoval } from './removal-log.ts';

const folders = ['raw', 'parquet', 'trades', 'reconcile', 'state', 'health'];
const leftover = /\.restored$|\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;
const journal = 'commit.json';

/** Paths below the root of those that were not changed since `beforeMs`. */
export async function listRestored(root: string, beforeMs: number): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) {
    for (const name of await listNames(join(root, folder), true)) {
      if (!leftover.test(name)) continue;
      const touchedMs = (await stat(join(root, folder, name)).catch(ignoreAbsent))?.mtimeMs;
      if (touchedMs !== undefined && touchedMs < beforeMs) found.push(join(folder, name));
    }
  }
  return found;
}

/** Deletes them. The caller holds the lock `transform`. */
export async function removeRestored(
  root: string,
  names: readonly string[],
  clock: Clock,
): Promise<void> {
  const state = await listNames(join(root, 'state', 'transform'), true);
  if (state.some((name) => name.endsWith(`/${journal}`))) return;
  for (const name of names) {
    await logRemoval(root, clock, `deletes ${name}: left over`);
    await rm(join(root, name), { force: true });
  }
}

function ignoreAbsent(thrown: unknown): undefined {
  if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
}
