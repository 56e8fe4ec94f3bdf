// What is stored of one day: per dataset the Parquet file with its hash, and its manifest. Read so that
// file and manifest belong together, even while a run publishes.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Away, findAway } from '../../lake/away.ts';
import type { Day } from '../../lake/day.ts';
import { listNames, readTextIfPresent } from '../../lake/durable.ts';
import { findErrorCode, formatReason } from '../../lake/errors.ts';
import {
  type Dataset,
  datasetDir,
  type Instrument,
  partitionManifestPath,
  partitionPath,
} from '../../lake/layout.ts';
import { type PartitionManifest, readPartitionManifest } from '../../lake/partition-manifest.ts';

export const datasets = ['bars_1s', 'trades'] as const satisfies readonly Dataset[];

/** The datasets that are derived from raw parts. */
export type DerivedDataset = (typeof datasets)[number];

export type StoredPartition = {
  dataset: DerivedDataset;
  path: string;
  manifestPath: string;
  /** Undefined where there is none or where it cannot be read. */
  manifest: PartitionManifest | undefined;
  /** Why the manifest cannot be read. */
  manifestFault: string | undefined;
  /** The Parquet file, undefined where there is none. */
  file: { bytes: number; sha256: string } | undefined;
  /** Where the file lies that is not here on purpose. */
  away: Away | undefined;
};

/** The partitions of a day that exist at least in part. */
export type StoredDay = { day: Day; bars_1s?: StoredPartition; trades?: StoredPartition };

/** How often file and manifest are read again because a run has published meanwhile. */
const maxReads = 3;

/** Days of which the dataset has a Parquet file or a manifest, ascending. */
export async function listStoredDays(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
): Promise<Day[]> {
  const top = join(datasetDir(root, dataset), instrument.exchange, instrument.symbol);
  const days = new Set<Day>();
  for (const name of await listNames(top, true)) {
    const match = /year=(\d{4})\/month=(\d{2})\/day=(\d{2})\/(\w+)\.(parquet|manifest\.json)$/.exec(
      name.replaceAll('\\', '/'),
    );
    if (match?.[4] === dataset) days.add(`${match[1]}-${match[2]}-${match[3]}`);
  }
  return [...days].sort();
}

export async function readStoredDay(
  root: string,
  instrument: Instrument,
  day: Day,
): Promise<StoredDay> {
  const stored: StoredDay = { day };
  for (const dataset of datasets) {
    const partition = await readStoredPartition(root, dataset, instrument, day);
    if (partition !== undefined) stored[dataset] = partition;
  }
  return stored;
}

async function readStoredPartition(
  root: string,
  dataset: DerivedDataset,
  instrument: Instrument,
  day: Day,
): Promise<StoredPartition | undefined> {
  const path = partitionPath(root, dataset, instrument, day);
  const manifestPath = partitionManifestPath(root, dataset, instrument, day);
  for (let read = 1; ; read++) {
    const text = await readTextIfPresent(manifestPath);
    const file = await measureFile(path);
    const { manifest, manifestFault } = await readManifest(manifestPath);
    if (text === undefined && file === undefined) return undefined;
    // A run renames the Parquet file first: what belongs together has the same hash.
    const isSettled = (await readTextIfPresent(manifestPath)) === text;
    if (isSettled || read === maxReads) {
      const away = file === undefined ? await findAway(root, dataset, instrument, day) : undefined;
      return { dataset, path, manifestPath, manifest, manifestFault, file, away };
    }
  }
}

async function readManifest(path: string) {
  try {
    return { manifest: await readPartitionManifest(path), manifestFault: undefined };
  } catch (thrown) {
    return { manifest: undefined, manifestFault: formatReason(thrown) };
  }
}

/** Size and SHA-256 of a file; undefined where there is none. */
async function measureFile(path: string): Promise<StoredPartition['file']> {
  try {
    const { size } = await stat(path);
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(chunk);
    }
    return { bytes: size, sha256: hash.digest('hex') };
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** Whether the file is the one the manifest describes. */
export function isWhole(partition: StoredPartition | undefined): boolean {
  const { file, manifest } = partition ?? {};
  return file !== undefined && file.sha256 === manifest?.sha256;
}

/** Whether both readings saw the same files and manifests. */
export function isSameDay(a: StoredDay, b: StoredDay): boolean {
  return datasets.every(
    (dataset) =>
      a[dataset]?.file?.sha256 === b[dataset]?.file?.sha256 &&
      JSON.stringify(a[dataset]?.manifest) === JSON.stringify(b[dataset]?.manifest),
  );
}
