// What a store has under a key of ours, where that is not what is to be there: an earlier state, which may be
// replaced, the same raw part in another packing, or the work of another lake, which stays. Asked where
// the ledger does not know: it is lost, or somebody else has written there. Never writes to a store.

import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readTextIfPresent } from '../../lake/durable.ts';
import { parsePartRecords } from '../../lake/part-manifest.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { measureFile } from '../store/local-file.ts';
import { withRetries } from '../store/retry.ts';
import { type LocalFile, StoreError } from '../store/store.ts';
import { dataKey, manifestKey } from './day-files.ts';
import { readUploadLedger, type UploadedFile } from './ledger.ts';
import { digestPart } from './prepared-file.ts';
import type { Target } from './target.ts';
import type { SourceFile, Unit } from './unit.ts';
import { compareObject } from './witness.ts';

/** `same` has the packed bytes as they are there. */
export type Found =
  | { is: 'earlier' }
  | { is: 'same'; there: LocalFile }
  | { is: 'strange'; what: string; hint: string };

/** `folder` is for what is fetched to be looked at. */
export type Asking = { root: string; unit: Unit; folder: string };

const otherDay =
  'give this lake a prefix of its own; or move the day here away, then --mode restore, and fetch what it lacks by --mode backfill';
const ownPlace = 'give this lake a prefix of its own, or move what is there away';

/** What the object under the file's key is, which has another content than the file. */
export async function judgeFound(
  target: Target,
  { root, unit, folder }: Asking,
  file: SourceFile,
): Promise<Found> {
  const path = join(folder, `there-${basename(file.key)}`);
  if (unit.kind === 'day') return judgeDay(target, root, unit, path);
  return file.isManifest ? judgeRawManifest(target, file, path) : judgePart(target, file, path);
}

/**
 * Whether the day here has grown out of the one that was sent, by the ledger: its history names it. A day that
 * was removed here and of which something came in later has not, and holds less.
 */
export async function isSuccessor(
  root: string,
  { instrument, day }: Unit,
  known: ReadonlyMap<string, UploadedFile>,
): Promise<boolean> {
  const sent = known.get(dataKey('bars_1s', instrument, day));
  const ours = await readPartitionManifest(join(root, manifestKey('bars_1s', instrument, day)));
  if (sent === undefined || ours === undefined) return true;
  return [ours, ...ours.revisions].some(({ sha256 }) => sha256 === sent.sha256);
}

/**
 * By the manifest of bars: a later revision names the ones it replaced. Without a manifest there the files
 * are of an upload that never ended, and nobody's.
 */
async function judgeDay(
  target: Target,
  root: string,
  { instrument, day }: Unit,
  path: string,
): Promise<Found> {
  const key = manifestKey('bars_1s', instrument, day);
  if (!(await fetchIfPresent(target, key, path))) return { is: 'earlier' };
  const theirs = await readPartitionManifest(path).catch(() => undefined);
  const ours = await readPartitionManifest(join(root, key));
  if (theirs === undefined) return strange('its manifest there cannot be read', ownPlace);
  const known = ours === undefined ? [] : [ours, ...ours.revisions];
  if (known.some(({ sha256 }) => sha256 === theirs.sha256)) return { is: 'earlier' };
  if (theirs.revisions.some(({ sha256 }) => sha256 === ours?.sha256)) {
    const hint = `run --mode restore --date ${day}, or move what is there away`;
    return strange(`revision ${theirs.revision} is there, which is later than the one here`, hint);
  }
  return strange(
    'what is there is of another lake, or of this one before it was removed',
    otherDay,
  );
}

/**
 * Looks once more at all that was sent of a day whose manifest is new there: until it was, another lake that
 * sends the same day could take the files for nobody's. Throws StoreError, and forgets what the ledger says.
 */
export async function expectKept({ store, retry }: Target, ledgerPath: string): Promise<void> {
  for (const [key, sent] of await readUploadLedger(ledgerPath, store.url)) {
    const object = await withRetries((signal) => store.head(key, signal), retry);
    if (typeof compareObject(object, sent) !== 'string') continue;
    await rm(ledgerPath, { force: true });
    const what = `send ${key} to ${store.url}: another lake has replaced it meanwhile`;
    throw new StoreError('precondition', what, { hint: ownPlace });
  }
}

/** Parts are only added to a raw manifest. */
async function judgeRawManifest(target: Target, file: SourceFile, path: string): Promise<Found> {
  if (!(await fetchIfPresent(target, file.key, path))) return { is: 'earlier' };
  const ours = parsePartRecords((await readTextIfPresent(file.path)) ?? '');
  const theirs = parsePartRecords((await readTextIfPresent(path)) ?? '');
  const isOurs = [...theirs].every(([part, { sha256 }]) => ours.get(part)?.sha256 === sha256);
  return isOurs ? { is: 'earlier' } : strange('it describes parts of another lake', ownPlace);
}

async function judgePart(target: Target, file: SourceFile, path: string): Promise<Found> {
  if (!(await fetchIfPresent(target, file.key, path))) return { is: 'earlier' };
  const sha256 = await digestPart(path, file.isPacked);
  // What cannot be unpacked was damaged on its way.
  if (sha256 === undefined) return { is: 'earlier' };
  if (sha256 !== file.sha256) return strange('another part is there', ownPlace);
  return { is: 'same', there: await measureFile(path) };
}

function strange(what: string, hint: string): Found {
  return { is: 'strange', what, hint };
}

/** Puts the object into a file; whether there was one. */
async function fetchIfPresent(
  { store, retry }: Target,
  key: string,
  path: string,
): Promise<boolean> {
  const there = await withRetries((signal) => store.head(key, signal), retry);
  if (there === undefined) return false;
  await rm(path, { force: true });
  await withRetries((signal) => store.get(key, path, signal), retry);
  return true;
}
