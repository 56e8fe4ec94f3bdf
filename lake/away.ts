// A partition whose Parquet file was deleted here on purpose, because every store has it: its manifest
// stays, and `<dataset>.uploaded.json` beside it says where the file lies. Whoever finds the file missing
// asks here before calling it damaged.

import { basename, dirname } from 'node:path';
import { z } from 'zod';
import type { Day } from './day.ts';
import { listNames, readTextIfPresent, writeFileDurably } from './durable.ts';
import { OperationalError } from './errors.ts';
import { findJson } from './json.ts';
import {
  awayPath,
  type Dataset,
  type Instrument,
  partitionManifestPath,
  partitionPath,
} from './layout.ts';
import { readPartitionManifest } from './partition-manifest.ts';

/** What a store had when the file was deleted here. */
const copySchema = z.object({
  store: z.string(),
  url: z.string(),
  key: z.string(),
  /** The store's version of the object. */
  version: z.string(),
});

const awaySchema = z.object({
  /** Of the Parquet file, hex; the same as in the manifest. */
  sha256: z.string(),
  md5: z.string(),
  bytes: z.int(),
  /** ISO 8601, UTC. */
  deleted_at: z.string(),
  stores: z.array(copySchema),
  /** Of bars_1s: since when what the transformer keeps of the day need not be here either. ISO 8601, UTC. */
  state_deleted_at: z.string().optional(),
});
export type Away = z.infer<typeof awaySchema>;

/** Where the partition's file lies, undefined where it was not sent away. Throws where that is unreadable. */
export async function readAway(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
): Promise<Away | undefined> {
  const path = awayPath(root, dataset, instrument, day);
  const text = await readTextIfPresent(path);
  if (text === undefined) return undefined;
  const result = awaySchema.safeParse(findJson(text));
  if (result.success) return result.data;
  throw new OperationalError(`read ${path}: it is damaged`, {
    hint: `run --mode restore --date ${day}, which brings the Parquet file back`,
    cause: result.error,
  });
}

/**
 * Where the file of a partition lies that is away: it is not here, and what was sent away is what its
 * manifest describes. Undefined for every other partition; one that is missing without that, or with a
 * note or manifest that cannot be read, is damaged.
 */
export async function findAway(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
): Promise<Away | undefined> {
  const path = partitionPath(root, dataset, instrument, day);
  if ((await listNames(dirname(path))).includes(basename(path))) return undefined;
  const unreadable = () => undefined;
  const away = await readAway(root, dataset, instrument, day).catch(unreadable);
  if (away === undefined) return undefined;
  const manifestPath = partitionManifestPath(root, dataset, instrument, day);
  const manifest = await readPartitionManifest(manifestPath).catch(unreadable);
  return manifest?.sha256 === away.sha256 ? away : undefined;
}

/** Says that the file lies elsewhere. Written before the file is deleted. */
export async function writeAway(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
  away: Away,
): Promise<void> {
  const path = awayPath(root, dataset, instrument, day);
  await writeFileDurably(path, `${JSON.stringify(away, null, 1)}\n`);
}
