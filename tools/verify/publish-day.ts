// Publishes a day derived again in place of the stored one, as a run of the transformer would: staged
// beside it, then renamed, all or nothing. The manifest keeps its history, and says what was replaced.

import { copyFile, writeFile } from 'node:fs/promises';
import { formatSecond } from '../../lake/day.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import {
  formatPartitionManifest,
  maxRevisions,
  type PartitionManifest,
  type PastRevision,
} from '../../lake/partition-manifest.ts';
import { commit, type Intent, openStagingPath, recoverCommit } from '../../transformer/commit.ts';
import { statements } from './sql.ts';
import { datasets, isWhole, type StoredDay, type StoredPartition } from './stored-day.ts';

/** The caller holds the lock `transform`. */
export async function publishDay(
  { root, session, log }: { root: string; session: DuckdbSession; log: Log },
  instrument: Instrument,
  stored: StoredDay,
  derived: StoredDay,
): Promise<void> {
  await recoverCommit(root, instrument, log);
  const intent: Intent = { renames: [], removes: [], ledger: [] };
  for (const dataset of datasets) {
    const fresh = derived[dataset];
    const target = partitionPath(root, dataset, instrument, stored.day);
    const manifestPath = partitionManifestPath(root, dataset, instrument, stored.day);
    if (fresh?.manifest === undefined) {
      // Bars of seconds that the parts do not prove any more. Trades do not go.
      const isGone = dataset === 'bars_1s' && stored.trades === undefined;
      if (isGone) intent.removes.push(target, manifestPath);
      continue;
    }
    const stagedFile = await openStagingPath(target);
    await copyFile(fresh.path, stagedFile);
    const stagedManifest = await openStagingPath(manifestPath);
    const manifest = await carryHistory(session, stored[dataset], fresh);
    await writeFile(stagedManifest, formatPartitionManifest(manifest));
    intent.renames.push({ from: stagedFile, to: target });
    intent.renames.push({ from: stagedManifest, to: manifestPath });
  }
  await commit(root, instrument, intent);
}

/**
 * The manifest of the derived partition with the history of the stored one. A file that was damaged
 * after it was published is no revision of its own: the one it was meant to be comes back.
 */
async function carryHistory(
  session: DuckdbSession,
  stored: StoredPartition | undefined,
  derived: StoredPartition,
): Promise<PartitionManifest> {
  const manifest = derived.manifest!;
  const last = stored?.manifest;
  if (stored === undefined || last === undefined) return { ...manifest, revision: 1 };
  const { reconcile, revision, revisions } = last;
  if (last.sha256 === manifest.sha256) return { ...manifest, reconcile, revision, revisions };
  const past: PastRevision = {
    revision,
    sha256: last.sha256,
    reason: 'rebuild',
    seconds_changed: await listChanged(session, stored, derived),
  };
  return {
    ...manifest,
    reconcile,
    revision: revision + 1,
    revisions: [...revisions, past].slice(-maxRevisions),
  };
}

/** Ranges of seconds whose rows differ; all of them where the stored rows cannot be held against. */
async function listChanged(
  session: DuckdbSession,
  stored: StoredPartition,
  derived: StoredPartition,
): Promise<[string, string][]> {
  const { first_second: first, last_second: last } = derived.manifest!;
  const all: [string, string][] = first === null || last === null ? [] : [[first, last]];
  if (!isWhole(stored)) return all;
  await session.setVariable('stored_path', stored.path);
  await session.setVariable('derived_path', derived.path);
  const [columns] = await session.all(statements.columns);
  if (JSON.stringify(columns!.stored) !== JSON.stringify(columns!.derived)) return all;
  const isBars = stored.dataset === 'bars_1s';
  await session.setVariable('place_column', isBars ? 'window_start' : 'trade_time');
  const rows = await session.all(statements.changedSeconds);
  const format = (second: unknown) => formatSecond(Number(second));
  return rows.map((row) => [format(row.run_from), format(row.run_to)]);
}
