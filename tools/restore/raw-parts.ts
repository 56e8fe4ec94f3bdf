// Brings the raw parts of a receipt day back from one store, each as it was: the same name, the same bytes,
// and its line in the raw manifest. What was packed on the way is unpacked. A part of that name that is here
// and another is never touched.

import { createReadStream, createWriteStream } from 'node:fs';
import { link, readFile, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createZstdDecompress } from 'node:zlib';
import type { Day } from '../../lake/day.ts';
import { listNames, syncPath } from '../../lake/durable.ts';
import { findErrorCode, formatReason, OperationalError } from '../../lake/errors.ts';
import {
  type Instrument,
  parsePartFileName,
  partSuffixes,
  rawDayDir,
  rawManifestName,
} from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import {
  appendPartRecord,
  type PartRecord,
  parsePartRecords,
  readPartRecords,
} from '../../lake/part-manifest.ts';
import { digestFile } from '../../transformer/parts.ts';
import type { StoredObject } from '../store/store.ts';
import { dropFetched, type Fetching, fetchFile, restoredSuffix } from './fetch.ts';
import { forgetUnheld } from './ledgers.ts';
import { isHere } from './local-partition.ts';
import { lockWithinMs, type Restored } from './restore-day.ts';

export type RawRestore = Fetching & {
  instrument: Instrument;
  /** Of receipt. */
  day: Day;
  /** `raw/binance/BTCUSDT/2026-03-01/`, as the store has it. */
  prefix: string;
};

/** What the store has of the day: its manifest's lines, and its parts by the names they had here. */
type StoredRaw = { records: ReadonlyMap<string, PartRecord>; objects: ReadonlyMap<string, string> };

/**
 * Brings every part that is not here. Throws OperationalError after the last one where some could not be had,
 * naming the first.
 */
export async function restoreRawDay(
  work: RawRestore,
  listed: readonly StoredObject[],
): Promise<Restored> {
  const { root, instrument, day, retry } = work;
  const stored = await readStored(work, listed);
  const here = await readPartRecords(rawDayDir(root, instrument, day));
  const restored: Restored = { files: 0, bytes: 0 };
  const failures: string[] = [];
  for (const [part, key] of stored.objects) {
    try {
      const bytes = await restorePart(work, part, key, stored.records.get(part), here);
      restored.files += bytes === undefined ? 0 : 1;
      restored.bytes += bytes ?? 0;
    } catch (thrown) {
      retry.signal.throwIfAborted();
      if (!(thrown instanceof OperationalError)) throw thrown;
      failures.push(formatReason(thrown));
    } finally {
      await dropFetched(work);
    }
  }
  await forget(work);
  for (const part of stored.records.keys()) {
    if (stored.objects.has(part) || here.has(part)) continue;
    failures.push(`${work.store.url} has its manifest line, and not ${part}`);
  }
  if (failures.length === 0) return restored;
  const name = `raw/${instrument.exchange}/${instrument.symbol}/${day}`;
  throw new OperationalError(`restore ${name}: ${failures.length} parts, first: ${failures[0]}`, {
    hint: 'the others are back; run it again, or take another store with --store',
  });
}

async function forget({ root, instrument, day, retry }: RawRestore): Promise<void> {
  const wait = { withinMs: lockWithinMs, signal: retry.signal };
  const lock = await awaitLock(root, 'transform', wait);
  try {
    await forgetUnheld(root, instrument, day);
  } finally {
    await lock.release();
  }
}

async function readStored(work: RawRestore, listed: readonly StoredObject[]): Promise<StoredRaw> {
  const { root, instrument, day, prefix } = work;
  const target = join(rawDayDir(root, instrument, day), rawManifestName);
  const fetched = await fetchFile(work, `${prefix}${rawManifestName}`, target);
  const records =
    fetched === undefined
      ? new Map<string, PartRecord>()
      : parsePartRecords(await readFile(fetched.path, 'utf8'));
  await dropFetched(work);
  const objects = new Map<string, string>();
  for (const { key } of listed) {
    const name = key.slice(prefix.length);
    const parsed = parsePartFileName(name);
    if (parsed === undefined || parsed.open) continue;
    const plain = parsed.stem + partSuffixes.none;
    // A part without a line stays packed: so it is a valid part, too.
    objects.set(records.has(name) || !records.has(plain) ? name : plain, key);
  }
  return { records, objects };
}

/** The bytes that came back; undefined where the part is here. */
async function restorePart(
  work: RawRestore,
  part: string,
  key: string,
  record: PartRecord | undefined,
  here: ReadonlyMap<string, PartRecord>,
): Promise<number | undefined> {
  const { root, instrument, day, store } = work;
  const folder = rawDayDir(root, instrument, day);
  const target = join(folder, part);
  if (await isHere(folder, part)) {
    // A restore that was killed has left beside it what it had fetched.
    work.fetched.add(`${target}${restoredSuffix}`).add(formatUnpacked(target));
    const own = here.get(part)?.sha256 ?? (await digestFile(target));
    if (record !== undefined && own !== record.sha256) throw tellTaken(target);
    if (record !== undefined && !here.has(part)) await appendPartRecord(folder, record);
    return undefined;
  }
  const fetched = await fetchFile(work, key, target);
  if (fetched === undefined) throw new OperationalError(`${store.url} has no ${key} any more`);
  const path = key.endsWith(`/${part}`) ? fetched.path : await unpack(work, fetched.path);
  if (record !== undefined && (await digestFile(path)) !== record.sha256) {
    throw new OperationalError(`${key} in ${store.url} is not what its manifest line says`);
  }
  await place(path, target);
  if (record !== undefined && here.get(part)?.sha256 !== record.sha256) {
    await appendPartRecord(folder, record);
  }
  return fetched.bytes;
}

/**
 * Gives the part its name, if that is nobody's: a collector that writes a part of the number would seal it over
 * this one. It looks for sealed parts after it has opened its own; so does this, the other way round.
 */
async function place(path: string, target: string): Promise<void> {
  const folder = dirname(target);
  const { stem } = parsePartFileName(basename(target))!;
  const isTaken = async () =>
    (await listNames(folder)).some(
      (name) => name !== basename(target) && parsePartFileName(name)?.stem === stem,
    );
  if (await isTaken()) throw tellTaken(target);
  await link(path, target).catch((thrown) => {
    throw findErrorCode(thrown) === 'EEXIST' ? tellTaken(target) : thrown;
  });
  if (await isTaken()) {
    await unlink(target);
    throw tellTaken(target);
  }
  await syncPath(folder);
}

const formatUnpacked = (target: string) => `${target}.plain${restoredSuffix}`;

/** The path of the plain lines, synced. */
async function unpack({ fetched, store }: RawRestore, packed: string): Promise<string> {
  const path = formatUnpacked(packed.slice(0, -restoredSuffix.length));
  fetched.add(path);
  await rm(path, { force: true });
  try {
    await pipeline(createReadStream(packed), createZstdDecompress(), createWriteStream(path));
  } catch (cause) {
    const reason = findErrorCode(cause) ?? formatReason(cause);
    throw new OperationalError(`unpack ${packed} of ${store.url}: ${reason}`, { cause });
  }
  await syncPath(path);
  await syncPath(dirname(path));
  return path;
}

function tellTaken(path: string): OperationalError {
  return new OperationalError(`${path} is here, and another part`, {
    hint: 'restore into an empty folder with --root, then --mode import --other that folder',
  });
}
