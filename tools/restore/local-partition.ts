// What is here of a partition that may be brought back. Reads only.

import { basename, dirname, join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { listNames } from '../../lake/durable.ts';
import type { Dataset, Instrument } from '../../lake/layout.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import { digestFile } from '../../transformer/parts.ts';
import { dataKey, manifestKey } from '../upload/day-files.ts';
import type { LocalPartition } from './judge-partition.ts';

export async function readLocalPartition(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
): Promise<LocalPartition> {
  const unreadable = () => undefined;
  const path = join(root, manifestKey(dataset, instrument, day));
  const manifest = await readPartitionManifest(path).catch(unreadable);
  const data = dataKey(dataset, instrument, day);
  const isWhole =
    manifest !== undefined &&
    (await isHere(root, data)) &&
    (await digestFile(join(root, data))) === manifest.sha256;
  return { manifest, isWhole };
}

/** Whether there is a file below the root. */
export async function isHere(root: string, key: string): Promise<boolean> {
  return (await listNames(dirname(join(root, key)))).includes(basename(key));
}
