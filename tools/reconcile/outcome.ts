// Writes down what a comparison of a day came to: the file of the dataset `reconcile`, then the key
// `reconcile` in both manifests of the day. Nothing else of a manifest changes, its revision least of
// all. The caller holds the lock `transform`.

import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../../lake/config.ts';
import type { Day } from '../../lake/day.ts';
import { renameDurably, syncPath, writeFileDurably } from '../../lake/durable.ts';
import {
  type Dataset,
  type Instrument,
  partitionManifestPath,
  partitionPath,
} from '../../lake/layout.ts';
import { formatPartitionManifest, readPartitionManifest } from '../../lake/partition-manifest.ts';
import type {
  Comparison,
  DaySummary,
  DefectRange,
  KlineSource,
  UnresolvedRow,
} from './comparison.ts';

/** The value of a manifest's key `reconcile`. Counts are of the day, over all its comparisons. */
export type ReconcileOutcome = Omit<DaySummary, 'recorded'> & {
  /** ISO 8601, UTC. */
  checked_at: string;
  /** What the last comparison asked. */
  source: KlineSource;
  /** What the exchange has wrong or left out, in runs of seconds; the first 20. */
  defect_ranges: DefectRange[];
  /** The first 20. */
  unresolved: UnresolvedRow[];
};

const partitions: readonly Dataset[] = ['bars_1s', 'trades'];

/** Makes the day's file of findings anew. */
export async function writeFindings(
  config: Pick<Config, 'root'>,
  instrument: Instrument,
  day: Day,
  comparison: Comparison,
): Promise<void> {
  const path = partitionPath(config.root, 'reconcile', instrument, day);
  const staged = `${path}.staged`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await comparison.writeRecorded(staged, instrument.exchange, instrument.symbol);
    await syncPath(staged);
    await renameDurably(staged, path);
  } catch (thrown) {
    await rm(staged, { force: true });
    throw thrown;
  }
}

export async function writeOutcome(
  config: Pick<Config, 'root'>,
  instrument: Instrument,
  day: Day,
  outcome: ReconcileOutcome,
): Promise<void> {
  for (const dataset of partitions) {
    const path = partitionManifestPath(config.root, dataset, instrument, day);
    const manifest = await readPartitionManifest(path);
    if (manifest === undefined) continue;
    await writeFileDurably(path, formatPartitionManifest({ ...manifest, reconcile: outcome }));
  }
}
