// One day that may go: what every store has of it, as it is here and as they say now, and the deletion in
// its steps.

import { unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { findAway, writeAway } from '../../lake/away.ts';
import type { Clock } from '../../lake/clock.ts';
import type { Day } from '../../lake/day.ts';
import { listNames, syncPath } from '../../lake/durable.ts';
import type { Dataset, Instrument } from '../../lake/layout.ts';
import { partitionManifestPath, partitionPath, rawDayDir } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { openLedger } from '../../transformer/ledger.ts';
import { digestFile, listDayParts } from '../../transformer/parts.ts';
import { readWaitingParts } from '../../transformer/waiting.ts';
import { logRemoval } from '../cleanup/removal-log.ts';
import { measureFile } from '../store/local-file.ts';
import type { ConfiguredStore } from '../store/stores.ts';
import { dataKey, describedDatasets, manifestKey } from './day-files.ts';
import type { StoreWitness } from './witness.ts';

export type ReleaseWork = {
  root: string;
  instrument: Instrument;
  stores: readonly ConfiguredStore[];
  witness: StoreWitness;
  clock: Clock;
};

/** A file that every store has, with the object of each. */
export type FileRelease = {
  dataset: Dataset;
  key: string;
  bytes: number;
  md5: string;
  sha256: string;
  copies: { store: string; url: string; key: string; version: string }[];
};

export type DayRelease = { instrument: Instrument; day: Day; files: FileRelease[] };

/** The files of a day that may go, undefined where none is here; or why the day stays. */
export async function planRelease(
  work: ReleaseWork,
  day: Day,
): Promise<DayRelease | { reason: string } | undefined> {
  const { root, instrument } = work;
  const held = await findHold(work, day);
  if (held !== undefined) return { reason: held };
  const files: FileRelease[] = [];
  for (const dataset of describedDatasets) {
    const manifest = await readPartitionManifest(
      partitionManifestPath(root, dataset, instrument, day),
    ).catch(() => undefined);
    const path = partitionPath(root, dataset, instrument, day);
    const isHere = (await listNames(dirname(path))).includes(basename(path));
    const isAway = (await findAway(root, dataset, instrument, day)) !== undefined;
    if (isAway || (manifest === undefined && !isHere)) continue;
    const file = isHere ? await confirm(work, day, dataset) : undefined;
    if (file !== undefined && 'reason' in file) return file;
    if (file === undefined || file.sha256 !== manifest?.sha256) {
      return { reason: `its ${dataset} is not what its manifest says; run --mode transform` };
    }
    files.push(file);
  }
  return files.length === 0 ? undefined : { instrument, day, files };
}

/** Deletes the day's files, the one after the other. */
export async function releaseDay(
  { root, instrument, clock }: ReleaseWork,
  { day, files }: DayRelease,
): Promise<void> {
  for (const { dataset, key, bytes, md5, sha256, copies } of files) {
    const path = partitionPath(root, dataset, instrument, day);
    const deleted_at = new Date(clock.nowUs() / 1000).toISOString();
    // 1. Noted. While the file is there the note says nothing.
    await writeAway(root, dataset, instrument, day, {
      sha256,
      md5,
      bytes,
      deleted_at,
      stores: copies,
    });
    // 2. Logged: what is deleted is in the log, whatever comes between.
    const proof = copies
      .map((copy) => `${copy.url} ${copy.key} version ${copy.version}`)
      .join(', ');
    await logRemoval(root, clock, `deletes ${key}, ${bytes} bytes: MD5 ${md5} in ${proof}`);
    // 3. Deleted.
    await unlink(path);
    await syncPath(dirname(path));
  }
}

/** What of the day is still to come: it would have to be brought back at once. */
async function findHold({ root, instrument }: ReleaseWork, day: Day): Promise<string | undefined> {
  const waiting = await readWaitingParts(root, instrument);
  const wanting = waiting.find(({ needs }) => needs.includes(day));
  if (wanting !== undefined) return `${wanting.part} waits for it; run --mode transform`;
  if ((await listNames(rawDayDir(root, instrument, day))).length === 0) return undefined;
  const entries = await openLedger(root, instrument).read([day]);
  const parts = await listDayParts(root, instrument, day);
  const unread = parts.find((part) => !entries.has(part.name));
  return unread && `${unread.name} is not transformed yet`;
}

/** Asks every store for the file and for its manifest. */
async function confirm(
  { root, instrument, stores, witness }: ReleaseWork,
  day: Day,
  dataset: Dataset,
): Promise<FileRelease | { reason: string }> {
  const key = dataKey(dataset, instrument, day);
  const describing = manifestKey(dataset, instrument, day);
  const data = await measureFile(join(root, key));
  const manifest = await measureFile(join(root, describing));
  const copies: FileRelease['copies'] = [];
  for (const { store } of stores) {
    const found = await witness.lookForFile(store, key, data);
    if ('doubt' in found) return { reason: found.doubt };
    const described = await witness.lookForFile(store, describing, manifest);
    if ('doubt' in described) return { reason: described.doubt };
    copies.push({ store: store.name, url: store.url, key, version: found.object.version });
  }
  const { bytes, md5 } = data;
  return { dataset, key, bytes, md5, sha256: await digestFile(join(root, key)), copies };
}
