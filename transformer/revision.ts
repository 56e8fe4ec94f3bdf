// What a new revision of a partition changes: which seconds, and why. Compares what is staged with what
// it will replace; only the range that was derived again can differ, or the whole day where it was
// derived from nothing.

import { startOfDayUs, usPerDay, usPerSecond } from '../lake/day.ts';
import { type Dataset, partitionPath } from '../lake/layout.ts';
import type { PartitionManifest } from '../lake/partition-manifest.ts';
import { findParquetFault } from './parquet-file.ts';
import { type Runs, readRuns, type Succession } from './partition-record.ts';
import type { DayWork, StagedFile } from './publication.ts';
import { statements } from './session.ts';

export async function findSuccession(
  work: DayWork,
  dataset: Dataset,
  file: StagedFile,
  previous: PartitionManifest | undefined,
): Promise<Succession> {
  const isRebuilt = work.discarded.has(work.day);
  const reason = isRebuilt ? 'rebuild' : 'live';
  if (previous === undefined || file.sha256 === previous.sha256) {
    return { reason, secondsChanged: [] };
  }
  const { session, root, instrument, day, range } = work;
  const target = partitionPath(root, dataset, instrument, day);
  // What it was cannot be read any more: all of it may have changed.
  if (isRebuilt && findParquetFault(target) !== undefined) {
    const from = startOfDayUs(day) / usPerSecond;
    return { reason, secondsChanged: [[from, from + usPerDay / usPerSecond - 1]] };
  }
  const dayFrom = startOfDayUs(day) / usPerSecond;
  const dayTo = dayFrom + usPerDay / usPerSecond;
  const published = previous.through ?? previous.last_second;
  await session.setVariable('compare_from', isRebuilt ? dayFrom : Math.max(dayFrom, range.from));
  await session.setVariable('compare_to', isRebuilt ? dayTo : Math.min(dayTo, range.to));
  await session.setVariable(
    'published_through',
    published === null ? dayFrom - 1 : Date.parse(published) / 1000,
  );
  await session.setVariable('known_path', target);
  await session.setVariable('output_path', file.path);
  if (dataset === 'bars_1s') {
    await session.run(statements.knownBars);
    await session.run(statements.comparedBars);
  } else await session.run(statements.comparedTrades);
  const [row] = await session.all(statements.changedSeconds);
  const secondsChanged: Runs = readRuns(row!);
  return { reason: !isRebuilt && row!.filled === true ? 'fill' : reason, secondsChanged };
}
