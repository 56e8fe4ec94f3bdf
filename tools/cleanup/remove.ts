// Deletes files of the lake: raw parts of a plan, day folders that have nothing but their manifest left,
// and leftovers. Each batch has a line in `logs/qa/cleanup.log`.

import { rm, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import type { Clock } from '../../lake/clock.ts';
import type { Day } from '../../lake/day.ts';
import { noteDeletedParts, noteEmptiedDay, readDeletedParts } from '../../lake/deleted-parts.ts';
import { listNames, syncPath } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import {
  deletedPartsPath,
  type Instrument,
  rawDayDir,
  rawManifestName,
  rawUploadLedgerPath,
} from '../../lake/layout.ts';
import { readPartRecords } from '../../lake/part-manifest.ts';
import { logRemoval } from './removal-log.ts';
import { type PartFact, sumBytes } from './retention.ts';

/** Deletes parts of one instrument, day by day. */
export async function removeParts(
  root: string,
  parts: readonly PartFact[],
  reason: string,
  clock: Clock,
): Promise<void> {
  const byFolder = Map.groupBy(parts, ({ name }) => dirname(name));
  for (const [folder, own] of byFolder) {
    await noteRemoval(root, own, reason, clock);
    const names = own.map(({ name }) => name.slice(folder.length + 1));
    const shown = names.length > 2 ? `${names[0]} to ${names.at(-1)}` : names.join(', ');
    const what = `${names.length} parts of ${folder} (${shown}), ${sumBytes(own)} bytes`;
    const proofs = [...new Set(own.map(({ proof }) => proof))].join('; ');
    // Logged before: what is gone is in the log, whatever comes between.
    await logRemoval(root, clock, `deletes ${what}: ${reason}; ${proofs}`);
    for (const { name } of own) await unlink(join(root, name)).catch(ignoreAbsent);
    await syncPath(join(root, folder));
  }
}

/** The parts are all of one day. */
async function noteRemoval(
  root: string,
  parts: readonly PartFact[],
  reason: string,
  clock: Clock,
): Promise<void> {
  const { instrument, day } = parts[0]!;
  const at = new Date(clock.nowUs() / 1000).toISOString();
  const names = parts.map(({ name }) => basename(name));
  await noteDeletedParts(root, parseInstrument(instrument), day, { at, reason, parts: names });
}

function parseInstrument(name: string): Instrument {
  const [exchange = '', symbol = ''] = name.split('/');
  return { exchange, symbol };
}

/** Deletes files and folders below a folder that have not been changed since `beforeMs`; says how many. */
export async function removeUntouched(
  root: string,
  folder: string,
  beforeMs: number,
  clock: Clock,
): Promise<number> {
  const removed = await removeUntouchedBelow(join(root, folder), beforeMs);
  if (removed > 0)
    await logRemoval(root, clock, `deleted ${removed} files and folders of ${folder}: left over`);
  return removed;
}

/**
 * Deletes a day folder whose parts are all gone, with its manifest: from then on the partitions'
 * manifests alone say what they were made of. Of what is noted of its parts one line stays.
 */
export async function removeEmptyDay(
  root: string,
  instrument: Instrument,
  day: Day,
  clock: Clock,
): Promise<boolean> {
  const path = rawDayDir(root, instrument, day);
  const names = await listNames(path);
  if (names.some((name) => name !== rawManifestName)) return false;
  const what = `${relative(root, path)}: all its parts were deleted long ago`;
  await logRemoval(root, clock, `deletes ${what}`);
  const deleted = await readDeletedParts(root, instrument, day);
  const described = [...(await readPartRecords(path)).keys()];
  const lost = described.filter((name) => !deleted.has(name));
  const at = new Date(clock.nowUs() / 1000).toISOString();
  await noteEmptiedDay(root, instrument, { at, day, lost });
  for (const store of await listNames(join(root, 'state', 'upload'))) {
    await rm(rawUploadLedgerPath(root, store, instrument, day), { force: true });
  }
  await rm(join(path, rawManifestName), { force: true });
  await rm(deletedPartsPath(root, instrument, day), { force: true });
  // The folder last: while it is there a rerun finds what is left.
  await rmdir(path);
  await syncPath(dirname(path));
  return true;
}

/** Children first. When a folder was changed last counts as it was before: one in use may be empty. */
async function removeUntouchedBelow(folder: string, beforeMs: number): Promise<number> {
  let removed = 0;
  for (const name of await listNames(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(ignoreAbsent);
    if (found?.isDirectory()) removed += await removeUntouchedBelow(path, beforeMs);
    if (found === undefined || found.mtimeMs >= beforeMs) continue;
    if (found.isDirectory()) await rmdir(path).catch(ignoreFilled);
    else await rm(path, { force: true });
    removed++;
  }
  return removed;
}

function ignoreAbsent(thrown: unknown): undefined {
  if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
}

/** Something is in the folder that stays. */
function ignoreFilled(thrown: unknown): void {
  if (findErrorCode(thrown) !== 'ENOTEMPTY') ignoreAbsent(thrown);
}
