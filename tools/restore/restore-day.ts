// Brings one day of an instrument back from one store. Under the lock `transform` everything that is not
// here is fetched beside its place and checked, Parquet files against their manifests, too; then all of it is
// renamed into place or nothing, and last the note goes that says the day is away. Killed at any step a
// rerun completes it. What is here and whole is never replaced by less.

import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { readAway } from '../../lake/away.ts';
import type { Day } from '../../lake/day.ts';
import { syncPath } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { awayPath, type Instrument } from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import { type PartitionManifest, readPartitionManifest } from '../../lake/partition-manifest.ts';
import { commit, recoverCommit } from '../../transformer/commit.ts';
import { digestFile } from '../../transformer/parts.ts';
import {
  dataKey,
  describedDatasets,
  ledgerKey,
  manifestKey,
  quotesKey,
} from '../upload/day-files.ts';
import { listDaysAround } from '../upload/release-state.ts';
import { dropFetched, type FetchedFile, type Fetching, fetchFile } from './fetch.ts';
import { judgePartition } from './judge-partition.ts';
import { fetchLedger, fetchLedgers } from './ledgers.ts';
import { isHere, readLocalPartition } from './local-partition.ts';

export type DayRestore = Fetching & { instrument: Instrument; day: Day; log: Log };

/** What came back: nothing where everything was here. */
export type Restored = { files: number; bytes: number };

/** A transform in progress is waited for. */
export const lockWithinMs = 3_600_000;

type Described = (typeof describedDatasets)[number];
type StoredPartition = { dataset: Described; manifest: PartitionManifest; fetched: FetchedFile };

/** Throws OperationalError where the day cannot be had from this store; nothing was changed then. */
export async function restoreDay(work: DayRestore): Promise<Restored> {
  const { root, instrument, day, retry, log } = work;
  const wait = { withinMs: lockWithinMs, signal: retry.signal };
  const lock = await awaitLock(root, 'transform', wait);
  try {
    // An interrupted commit names files that are about to be fetched again.
    await recoverCommit(root, instrument, log);
    const { files, datasets } = await fetchDay(work);
    const renames = files.map(({ path, target }) => ({ from: path, to: target }));
    // From here on the journal names what was fetched: none of it may go.
    if (renames.length > 0) {
      await commit(root, instrument, { renames, removes: [], ledger: [] });
    }
    await dropFetched(work);
    for (const dataset of datasets) {
      const note = awayPath(root, dataset, instrument, day);
      await rm(note, { force: true });
      await syncPath(dirname(note));
    }
    return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } finally {
    await lock.release();
  }
}

/** Fetches all that is to be renamed into place, or leaves nothing. */
async function fetchDay(work: DayRestore) {
  try {
    const stored = await fetchManifests(work);
    const files = await fetchPartitions(work, stored);
    files.push(...(await fetchState(work, stored, files)));
    return { files, datasets: stored.map(({ dataset }) => dataset) };
  } catch (thrown) {
    await dropFetched(work);
    throw thrown;
  }
}

/** The manifests as the store has them; a day without trades has none of these. */
async function fetchManifests(work: DayRestore): Promise<StoredPartition[]> {
  const { store, instrument, day } = work;
  const stored: StoredPartition[] = [];
  for (const dataset of describedDatasets) {
    const key = manifestKey(dataset, instrument, day);
    const fetched = await fetchFile(work, key);
    const hasTrades = stored.some(({ manifest }) => manifest.first_trade_id !== null);
    if (fetched === undefined && dataset === 'trades' && !hasTrades) continue;
    if (fetched === undefined) throw fail(work, `there is no ${key} in ${store.url}`);
    const manifest = await readPartitionManifest(fetched.path).catch((cause: unknown) => {
      throw fail(work, `${key} in ${store.url} is damaged`, cause);
    });
    stored.push({ dataset, manifest: manifest!, fetched });
  }
  return stored;
}

/** What of the partitions is to be renamed into place: Parquet files first. */
async function fetchPartitions(
  work: DayRestore,
  stored: readonly StoredPartition[],
): Promise<FetchedFile[]> {
  const { root, store, instrument, day } = work;
  const files: FetchedFile[] = [];
  const manifests: FetchedFile[] = [];
  for (const { dataset, manifest, fetched } of stored) {
    const local = await readLocalPartition(root, dataset, instrument, day);
    const decision = judgePartition(local, manifest);
    if ('refused' in decision) throw fail(work, `${dataset}: ${decision.refused}`);
    if (decision.take === 'nothing') continue;
    const key = dataKey(dataset, instrument, day);
    const data = await fetchFile(work, key);
    if (data === undefined) throw fail(work, `there is no ${key} in ${store.url}`);
    if ((await digestFile(data.path)) !== manifest.sha256) {
      throw fail(work, `${key} in ${store.url} is not what its manifest there says`);
    }
    files.push(data);
    if (decision.take === 'all') manifests.push(fetched);
  }
  return [...files, ...manifests];
}

/** What the transformer goes on from, as far as it is not here, or belongs to what is replaced. */
async function fetchState(
  work: DayRestore,
  stored: readonly StoredPartition[],
  taken: readonly FetchedFile[],
): Promise<FetchedFile[]> {
  const { root, instrument, day } = work;
  const isReplaced = stored.some(({ fetched }) => taken.includes(fetched));
  const files: (FetchedFile | undefined)[] = [];
  const quotes = quotesKey(instrument, day);
  if (isReplaced || !(await isHere(root, quotes))) files.push(await fetchFile(work, quotes));
  const findings = dataKey('reconcile', instrument, day);
  if (!(await isHere(root, findings))) files.push(await fetchFile(work, findings));
  const inputs = stored.flatMap(({ manifest }) => manifest.inputs);
  files.push(...(await fetchLedgers(work, inputs)));
  const own = files.filter((file) => file !== undefined);
  return [...own, ...(await fetchStateAround(work, own))];
}

/** The same of the days around it, where it was deleted here: the day may be derived from that. */
async function fetchStateAround(
  work: DayRestore,
  taken: readonly FetchedFile[],
): Promise<FetchedFile[]> {
  const { root, store, instrument, day, log } = work;
  const files: FetchedFile[] = [];
  for (const near of await listDaysAround(root, instrument, day)) {
    const away = await readAway(root, 'bars_1s', instrument, near).catch(() => undefined);
    if (near === day || away?.state_deleted_at === undefined) continue;
    const quotes = quotesKey(instrument, near);
    if (!(await isHere(root, quotes))) {
      const found = await fetchFile(work, quotes);
      if (found !== undefined) files.push(found);
      else log.warn(`restore ${day}: ${store.url} has no ${quotes}; a late fill may lose quotes`);
    }
    if (taken.some(({ key }) => key === ledgerKey(instrument, near))) continue;
    const { file } = await fetchLedger(work, near);
    if (file !== undefined) files.push(file);
  }
  return files;
}

function fail({ instrument, day }: DayRestore, reason: string, cause?: unknown): OperationalError {
  const name = `${instrument.exchange}/${instrument.symbol} ${day}`;
  return new OperationalError(`restore ${name}: ${reason}`, {
    hint:
      'nothing was changed; take another store with --store, or an older version of the object; or, while its ' +
      'raw parts are here, delete its .uploaded.json files and run --mode transform',
    cause,
  });
}
