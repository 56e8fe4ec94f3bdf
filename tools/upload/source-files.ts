// Finds the files of a unit on disk, as they are at this moment. A file that is not there is left out: a
// Parquet file may be away, a part deleted after it was copied. Writes nothing.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { findAway } from '../../lake/away.ts';
import { listNames } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import {
  type Instrument,
  parsePartFileName,
  partitionManifestPath,
  partSuffixes,
  rawDayDir,
  rawManifestName,
} from '../../lake/layout.ts';
import { readPartRecords } from '../../lake/part-manifest.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { listDayKeys } from './day-files.ts';
import type { SourceFile, Unit } from './unit.ts';

/** `rawPrefix` stands in keys for the folder `raw`. */
export function listSourceFiles(
  root: string,
  unit: Unit,
  rawPrefix: string,
): Promise<SourceFile[]> {
  return unit.kind === 'raw' ? listRawFiles(root, unit, rawPrefix) : listDayFiles(root, unit);
}

async function listDayFiles(root: string, { instrument, day }: Unit): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const away = await findAway(root, 'bars_1s', instrument, day);
  for (const { key, kind, dataset } of listDayKeys(instrument, day)) {
    // The stores have more of it than is here.
    if (kind === 'state' && away?.state_deleted_at !== undefined) continue;
    const path = join(root, key);
    const manifest =
      kind === 'data' && dataset !== undefined
        ? await readPartitionManifest(partitionManifestPath(root, dataset, instrument, day))
        : undefined;
    const sha256 = manifest?.sha256;
    const found = await statIfPresent(path);
    if (found === undefined && manifest === undefined) continue;
    files.push({
      key,
      path,
      isManifest: kind === 'manifest',
      isPacked: false,
      isAbsent: found === undefined,
      sha256,
      ...(found ?? { bytes: manifest?.bytes ?? 0, mtimeMs: 0 }),
    });
  }
  return files;
}

/** Parts that are described, by number, and their manifest. */
async function listRawFiles(
  root: string,
  { instrument, day }: Unit,
  rawPrefix: string,
): Promise<SourceFile[]> {
  const folder = rawDayDir(root, instrument, day);
  const present = new Set(await listNames(folder));
  const files: SourceFile[] = [];
  for (const [name, { bytes, sha256 }] of await readPartRecords(folder)) {
    if (!present.has(name)) continue;
    files.push({
      key: formatRawKey(rawPrefix, instrument, day, formatPackedName(name)),
      path: join(folder, name),
      isManifest: false,
      bytes,
      mtimeMs: 0,
      sha256,
      isPacked: isPlain(name),
      isAbsent: false,
    });
  }
  const path = join(folder, rawManifestName);
  const found = await statIfPresent(path);
  if (found === undefined || files.length === 0) return files;
  const key = formatRawKey(rawPrefix, instrument, day, rawManifestName);
  const manifest = { key, path, isManifest: true, isPacked: false, isAbsent: false, ...found };
  return [...files, { ...manifest, sha256: undefined }];
}

/** `raw/binance/BTCUSDT/2026-03-01/part_0001.jsonl.zst` */
export function formatRawKey(
  rawPrefix: string,
  { exchange, symbol }: Instrument,
  day: string,
  name: string,
): string {
  return `${rawPrefix}/${exchange}/${symbol}/${day}/${name}`;
}

function isPlain(name: string): boolean {
  return parsePartFileName(name)?.compression === 'none';
}

/** The name under which a part lies in a store: always compressed. */
export function formatPackedName(name: string): string {
  return isPlain(name) ? name.slice(0, -partSuffixes.none.length) + partSuffixes.zstd : name;
}

async function statIfPresent(
  path: string,
): Promise<Pick<SourceFile, 'bytes' | 'mtimeMs'> | undefined> {
  try {
    const { size, mtimeMs } = await stat(path);
    return { bytes: size, mtimeMs };
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
