// What of the raw parts waits for a store, by day folder: counts alone, so that a store that is down for days
// costs no memory. Looked at by the sizes of the raw manifests, which grow by a line per sealed part; only
// what was added is read. Writes nothing.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Day, isDay } from '../../lake/day.ts';
import { listNames } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { type Instrument, rawDayDir, rawDir, rawManifestName } from '../../lake/layout.ts';
import { type PartRecord, parsePartRecords } from '../../lake/part-manifest.ts';
import { listInstruments } from '../../transformer/parts.ts';
import { readUploadLedger } from './ledger.ts';
import { listSourceFiles } from './source-files.ts';
import type { Target } from './target.ts';
import { findLedgerPath, formatUnit, isLacking, type Unit } from './unit.ts';

export type RawFolder = {
  unit: Unit;
  parts: number;
  messages: number;
  /** Bytes of the manifest that are counted. */
  counted: number;
  /** Whether its day is over: then its manifest counts, too. */
  isOver: boolean;
};

/** The folders in which parts are sealed now; the others are looked at once an hour. */
const newestFolders = 2;
const allEveryMs = 3_600_000;

export class RawFolders {
  readonly #root: string;
  readonly #rawPrefix: string;
  readonly #target: Target;
  readonly #folders = new Map<string, RawFolder>();
  #today: Day = '';
  #allLookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(root: string, rawPrefix: string, target: Target) {
    this.#root = root;
    this.#rawPrefix = rawPrefix;
    this.#target = target;
  }

  /** Folders of which something waits, oldest day first. */
  listWaiting(): RawFolder[] {
    const waiting = [...this.#folders.values()].filter(({ parts }) => parts > 0);
    return waiting.sort((a, b) => (a.unit.day < b.unit.day ? -1 : a.unit.day > b.unit.day ? 1 : 0));
  }

  /** Counts what has been added. `nowMs` is of a monotonic clock, `today` of the wall clock. */
  async look(nowMs: number, today: Day): Promise<void> {
    this.#today = today;
    const isFull = nowMs - this.#allLookedAtMs >= allEveryMs;
    if (isFull) this.#allLookedAtMs = nowMs;
    const seen = new Set<string>();
    for (const instrument of await listInstruments(this.#root)) {
      const days = (await listNames(rawDir(this.#root, instrument))).filter(isDay);
      for (const [index, day] of days.entries()) {
        seen.add(formatUnit({ kind: 'raw', instrument, day }));
        if (isFull || index >= days.length - newestFolders) await this.#lookAt(instrument, day);
      }
    }
    for (const name of this.#folders.keys()) if (!seen.has(name)) this.#drop(name);
  }

  /** Counts the folder from the beginning, against the ledger. */
  async recount(unit: Unit): Promise<void> {
    const { name, url } = this.#target.store;
    const known = await readUploadLedger(findLedgerPath(this.#root, name, unit), url);
    const path = join(rawDayDir(this.#root, unit.instrument, unit.day), rawManifestName);
    const records = await readAdded(path, 0);
    const isOver = unit.day < this.#today;
    const files = (await listSourceFiles(this.#root, unit, this.#rawPrefix))
      .filter((file) => isOver || !file.isManifest)
      .filter((file) => isLacking(file, known.get(file.key), false));
    const lacking = new Set(files.map(({ sha256 }) => sha256));
    const waiting = [...records.parts.values()].filter(({ sha256 }) => lacking.has(sha256));
    const folder = { unit, parts: 0, messages: 0, counted: records.bytes, isOver };
    this.#folders.set(formatUnit(unit), folder);
    this.#target.setWaiting(formatUnit(unit), undefined);
    this.#add(folder, waiting);
    // The manifest alone is no part that waits, and has to go all the same.
    folder.parts = files.length;
  }

  /** Leaves what waits in the folder alone until something is added to it, or an hour has passed. */
  setAside(unit: Unit): void {
    const folder = this.#folders.get(formatUnit(unit));
    if (folder === undefined) return;
    folder.parts = 0;
    folder.messages = 0;
    this.#target.setWaiting(formatUnit(unit), undefined);
  }

  async #lookAt(instrument: Instrument, day: Day): Promise<void> {
    const unit: Unit = { kind: 'raw', instrument, day };
    const folder = this.#folders.get(formatUnit(unit));
    if (folder === undefined) return this.recount(unit);
    const path = join(rawDayDir(this.#root, instrument, day), rawManifestName);
    const size = await findSize(path);
    if (size < folder.counted || folder.isOver !== day < this.#today) return this.recount(unit);
    if (size === folder.counted) return;
    const { parts, bytes } = await readAdded(path, folder.counted);
    folder.counted += bytes;
    this.#add(folder, [...parts.values()]);
  }

  #add(folder: RawFolder, records: readonly PartRecord[]): void {
    if (records.length === 0) return;
    const name = formatUnit(folder.unit);
    const before = this.#target.findWaiting(name);
    let { objects, bytes, sinceMs } = before ?? { objects: 0, bytes: 0, sinceMs: Infinity };
    for (const record of records) {
      objects++;
      bytes += record.bytes;
      folder.messages += Object.values(record.streams).reduce((sum, count) => sum + count, 0);
      sinceMs = Math.min(sinceMs, (record.last_recv ?? 0) / 1000);
    }
    folder.parts = objects;
    this.#target.setWaiting(name, { objects, bytes, sinceMs });
  }

  #drop(name: string): void {
    this.#folders.delete(name);
    this.#target.setWaiting(name, undefined);
  }
}

/** The records in whole lines from `start` on, and the bytes of these lines. */
async function readAdded(path: string, start: number) {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { start })) chunks.push(chunk);
  } catch (thrown) {
    if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
  }
  const added = Buffer.concat(chunks);
  const bytes = added.lastIndexOf('\n') + 1;
  return { bytes, parts: parsePartRecords(added.subarray(0, bytes).toString()) };
}

async function findSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return 0;
    throw thrown;
  }
}
