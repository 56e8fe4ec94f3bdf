// How much lies below the lake's root: bytes, sealed raw parts, rows of bars. Read every minute, so what
// cannot have changed is not read again: a folder is listed when its time of change has moved, a
// sealed part is measured once, and else only the files that grow in place are measured. Calls are
// synchronous: they cost a tenth, and the supervisor that makes them has nothing to wait for. What may not
// be read, such as `lost+found` where the root is a disk's own, or is damaged, counts as nothing.

import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import type { Day } from '../../lake/day.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import { parsePartFileName } from '../../lake/layout.ts';

export type LakeUsage = { bytes: number; rawFiles: number; parquetRows: number };

/** Bytes that lie of each UTC day: as raw parts, by day of receipt, and as partitions. */
export type DailyUsage = { raw: Map<Day, number>; partitions: Map<Day, number> };

type Folder = {
  /** When its names last changed; NaN where that is too recent to be relied on. */
  changedAtMs: number;
  /** Sizes of sealed parts, which never change; dropped when the folder has come to rest. */
  partSizes: Map<string, number>;
  /** What is in its files, without those in `growing`. */
  settled: LakeUsage;
  /** Files that change without their folder changing. */
  growing: string[];
  folders: string[];
  /** The day it is the folder of, where it is one. */
  day: { kind: keyof DailyUsage; day: Day } | undefined;
};

/** Two changes within one tick of the file system's clock look like one. */
const recentMs = 2000;
const restMs = 3_600_000;
const barsManifestName = 'bars_1s.manifest.json';
const rowsSchema = z.object({ rows: z.number() });
const unreadable = ['ENOENT', 'EACCES', 'EPERM'];

/** Opens a reader of the folder `root` that remembers what it has seen. */
export function openUsageReader(root: string): { read(): LakeUsage & { byDay: DailyUsage } } {
  const known = new Map<string, Folder>();

  function measure(path: string, byDay: DailyUsage): LakeUsage {
    const folder = findFolder(path);
    if (folder === undefined) return nothing();
    const total = { ...folder.settled };
    for (const name of folder.growing) total.bytes += readSize(join(path, name));
    if (folder.day !== undefined) {
      const days = byDay[folder.day.kind];
      days.set(folder.day.day, (days.get(folder.day.day) ?? 0) + total.bytes);
    }
    for (const name of folder.folders) add(total, measure(join(path, name), byDay));
    return total;
  }

  function findFolder(path: string): Folder | undefined {
    const nowMs = Date.now();
    const changedAtMs = ifPresent(() => statSync(path).mtimeMs);
    const before = known.get(path);
    if (changedAtMs === undefined) {
      known.delete(path);
      return undefined;
    }
    const isKnown = before?.changedAtMs === changedAtMs;
    const folder = isKnown ? before : listFolder(path, before?.partSizes ?? new Map());
    folder.day ??= findDay(relative(root, path));
    folder.changedAtMs = nowMs - changedAtMs > recentMs ? changedAtMs : Number.NaN;
    if (nowMs - changedAtMs > restMs) folder.partSizes.clear();
    known.set(path, folder);
    return folder;
  }

  return {
    read() {
      const byDay = { raw: new Map(), partitions: new Map() };
      return { ...measure(root, byDay), byDay };
    },
  };
}

/** `raw/<exchange>/<SYMBOL>/<day>` and `<dataset>/<exchange>/<SYMBOL>/year=…/month=…/day=…` */
function findDay(path: string): Folder['day'] {
  const raw = /^raw\/[^/]+\/[^/]+\/(\d{4}-\d\d-\d\d)$/.exec(path);
  if (raw !== null) return { kind: 'raw', day: raw[1]! };
  const partition = /\/year=(\d{4})\/month=(\d\d)\/day=(\d\d)$/.exec(path);
  if (partition === null) return undefined;
  return { kind: 'partitions', day: partition.slice(1).join('-') };
}

function listFolder(path: string, knownSizes: ReadonlyMap<string, number>): Folder {
  const settled = nothing();
  const folder: Folder = {
    changedAtMs: Number.NaN,
    partSizes: new Map(),
    settled,
    growing: [],
    folders: [],
    day: undefined,
  };
  for (const entry of ifPresent(() => readdirSync(path, { withFileTypes: true })) ?? []) {
    const { name } = entry;
    const file = join(path, name);
    if (entry.isDirectory()) {
      folder.folders.push(name);
    } else if (parsePartFileName(name)?.open === false) {
      const bytes = knownSizes.get(name) ?? readSize(file);
      folder.partSizes.set(name, bytes);
      add(settled, { bytes, rawFiles: 1, parquetRows: 0 });
    } else if (isReplacedWhole(name)) {
      const parquetRows = name === barsManifestName ? readRows(file) : 0;
      add(settled, { bytes: readSize(file), rawFiles: 0, parquetRows });
    } else {
      folder.growing.push(name);
    }
  }
  return folder;
}

/** Files of a partition: a new one takes their place by rename, which changes the folder. */
function isReplacedWhole(name: string): boolean {
  return name.endsWith('.parquet') || name.endsWith('.manifest.json');
}

/** `rows` of a partition manifest. It stands near the start; the inputs after it can be long. */
function readRows(path: string): number {
  const head = ifPresent(() => readHead(path)) ?? '';
  const found = /"rows":\s*(\d+)/.exec(head);
  if (found !== null) return Number(found[1]);
  const whole = findJson(ifPresent(() => readFileSync(path, 'utf8')) ?? '');
  return rowsSchema.safeParse(whole).data?.rows ?? 0;
}

function readHead(path: string): string {
  const head = Buffer.alloc(512);
  const file = openSync(path, 'r');
  try {
    return head.toString('utf8', 0, readSync(file, head));
  } finally {
    closeSync(file);
  }
}

function readSize(path: string): number {
  return ifPresent(() => statSync(path).size) ?? 0;
}

/**
 * What `read` gives, or undefined where the file has gone meanwhile (parts are sealed, files renamed) or is
 * not ours to read.
 */
function ifPresent<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (thrown) {
    if (unreadable.includes(findErrorCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

function nothing(): LakeUsage {
  return { bytes: 0, rawFiles: 0, parquetRows: 0 };
}

function add(total: LakeUsage, more: LakeUsage): void {
  total.bytes += more.bytes;
  total.rawFiles += more.rawFiles;
  total.parquetRows += more.parquetRows;
}
