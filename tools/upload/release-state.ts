// What the transformer keeps of a day (the ledger of what was received on it, the facts of its quotes) goes after its
// Parquet files, where nothing that is here can be derived from it any more and every store has it: a restore
// brings it back. Without that it would fill the disk in the end, though every day leaves. That it went on purpose
// is noted first.

import { unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findAway, writeAway } from '../../lake/away.ts';
import { addDays, type Day } from '../../lake/day.ts';
import { listNames, syncPath } from '../../lake/durable.ts';
import { type Instrument, transformStateDir } from '../../lake/layout.ts';
import { openLedger } from '../../transformer/ledger.ts';
import { listTouchedDays } from '../../transformer/partition-record.ts';
import { listManifestDays, listQuoteDays, selectNearDays } from '../../transformer/partitions.ts';
import { listDayParts, listRawDays } from '../../transformer/parts.ts';
import { readWaitingParts } from '../../transformer/waiting.ts';
import { logRemoval } from '../cleanup/removal-log.ts';
import { measureFile } from '../store/local-file.ts';
import { describedDatasets, ledgerKey, quotesKey } from './day-files.ts';
import type { ReleaseWork } from './release-day.ts';

/** Files of one day, by their keys, and where a copy of each is. */
export type StateRelease = { instrument: Instrument; day: Day; keys: string[]; proof: string };

/** A day is derived from what was received so many days around it, at most (transformer/known.ts: 2 and 3). */
const reachDays = 7;

/** The days around a day of which something is derived from what is kept of it. */
export async function listDaysAround(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<Day[]> {
  const around = new Set<Day>();
  for (const dataset of describedDatasets) {
    const days = await listManifestDays(root, dataset, instrument);
    const [from, to] = [addDays(day, -reachDays), addDays(day, reachDays)];
    for (const near of selectNearDays(days, from, to)) around.add(near);
  }
  return [...around].sort();
}

/** Days before `before` of which something is kept, ascending. */
export async function listKeptDays(
  root: string,
  instrument: Instrument,
  before: Day,
): Promise<Day[]> {
  const ledgers = await openLedger(root, instrument).listDays();
  const days = new Set([...ledgers, ...(await listQuoteDays(root, instrument))]);
  return [...days].filter((day) => day < before).sort();
}

/**
 * Those of `days` whose state may go; the days in `leaving` count as away. The others stay without a word: most wait
 * for a day beside them, and the rest for a store, which an upload tells of.
 */
export async function planStateReleases(
  work: ReleaseWork,
  days: readonly Day[],
  leaving: ReadonlySet<Day>,
): Promise<StateRelease[]> {
  const { root, instrument } = work;
  const waiting = await readWaitingParts(root, instrument);
  if (days.length === 0 || waiting.length > 0) return [];
  const rawDays: Day[] = [];
  for (const day of await listRawDays(root, instrument)) {
    if ((await listDayParts(root, instrument, day)).length > 0) rawDays.push(day);
  }
  const gone = new Map<Day, boolean>();
  const isGone = async (day: Day) => {
    const known = gone.get(day) ?? (leaving.has(day) || (await isAway(root, instrument, day)));
    gone.set(day, known);
    return known;
  };
  const planned: StateRelease[] = [];
  for (const day of days) {
    const [from, to] = [addDays(day, -reachDays), addDays(day, reachDays)];
    if (rawDays.some((other) => other >= from && other <= to)) continue;
    if (!(await areAll([day, ...(await listDependents(work, day))], isGone))) continue;
    const plan = await confirmState(work, day);
    if (plan !== undefined) planned.push(plan);
  }
  return planned;
}

/** Deletes the files of a plan. */
export async function releaseState(
  { root, instrument, clock }: ReleaseWork,
  { day, keys, proof }: StateRelease,
): Promise<void> {
  const away = await findAway(root, 'bars_1s', instrument, day);
  if (away === undefined) return;
  // 1. Noted. 2. Logged. 3. Deleted, one after the other.
  const state_deleted_at = new Date(clock.nowUs() / 1000).toISOString();
  await writeAway(root, 'bars_1s', instrument, day, { ...away, state_deleted_at });
  await logRemoval(
    root,
    clock,
    `deletes ${keys.join(', ')}: the day is away, and they are in ${proof}`,
  );
  for (const key of keys) await unlink(join(root, key));
  await syncPath(dirname(join(root, keys[0]!)));
}

async function areAll(
  days: readonly Day[],
  isSo: (day: Day) => Promise<boolean>,
): Promise<boolean> {
  for (const day of days) if (!(await isSo(day))) return false;
  return true;
}

/** Whether the day has bars, and no file of it is here. */
async function isAway(root: string, instrument: Instrument, day: Day): Promise<boolean> {
  if ((await findAway(root, 'bars_1s', instrument, day)) === undefined) return false;
  const trades = await listManifestDays(root, 'trades', instrument);
  return !trades.includes(day) || (await findAway(root, 'trades', instrument, day)) !== undefined;
}

/** The days that may be derived from what was received on the day. */
async function listDependents({ root, instrument }: ReleaseWork, day: Day): Promise<Day[]> {
  const entries = await openLedger(root, instrument).read([day]);
  const touched = [...entries.values()].flatMap(listTouchedDays);
  return [...new Set([...touched, ...(await listDaysAround(root, instrument, day))])];
}

/** Undefined where a store cannot confirm all of it. */
async function confirmState(
  { root, instrument, stores, witness }: ReleaseWork,
  day: Day,
): Promise<StateRelease | undefined> {
  const here = new Set(await listNames(transformStateDir(root, instrument)));
  const keys = [ledgerKey(instrument, day), quotesKey(instrument, day)].filter((key) =>
    here.has(key.split('/').at(-1)!),
  );
  for (const key of keys) {
    const file = await measureFile(join(root, key));
    for (const { store } of stores) {
      if ('doubt' in (await witness.lookForFile(store, key, file))) return undefined;
    }
  }
  const proof = stores.map(({ store }) => store.url).join(', ');
  return keys.length === 0 ? undefined : { instrument, day, keys, proof };
}
