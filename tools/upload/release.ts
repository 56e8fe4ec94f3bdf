// Deletes Parquet files that the stores have: days older than `upload_retention_days` of the stores that
// say `delete_after_upload`, and only what a fresh look at every configured store confirms, manifest
// included. Held under the lock `transform`, so that nothing is published meanwhile. A day is noted as
// away before its file goes; the manifest stays, and so does the newest day, out of which the next grows.
// Killed at any step the lake is whole: the note says nothing while the file is there.

import { addDays, type Day, formatDay } from '../../lake/day.ts';
import type { Instrument } from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import type { ModeContext } from '../../lake/mode.ts';
import { writeCatalog } from '../../transformer/catalog.ts';
import { listManifestDays, listPartitionDays } from '../../transformer/partitions.ts';
import { listAllInstruments } from '../../transformer/stored-instruments.ts';
import type { ConfiguredStore } from '../store/stores.ts';
import { describedDatasets } from './day-files.ts';
import { type DayRelease, planRelease, type ReleaseWork, releaseDay } from './release-day.ts';
import {
  listKeptDays,
  planStateReleases,
  releaseState,
  type StateRelease,
} from './release-state.ts';
import { StoreWitness } from './witness.ts';

export type ReleaseContext = Pick<ModeContext, 'config' | 'clock' | 'signal'> & { log: Log };

/** What to look at; everything where nothing is said. */
export type ReleaseScope = {
  exchange?: string | undefined;
  symbol?: string | undefined;
  date?: Day | undefined;
};

/** A day that stays although it is old enough, and why. */
export type KeptDay = { instrument: Instrument; day: Day; reason: string };

/** `states`: days of which what the transformer keeps went, too. */
export type ReleaseResult = { released: DayRelease[]; kept: KeptDay[]; states: StateRelease[] };

/** A transform in progress is waited for. */
const lockWithinMs = 3_600_000;

/**
 * Deletes what may go, or only says so. Throws OperationalError where the lock `transform` cannot be had.
 * A store that cannot be asked keeps the days here.
 */
export async function releaseUploaded(
  context: ReleaseContext,
  stores: readonly ConfiguredStore[],
  scope: ReleaseScope,
  { dryRun }: { dryRun: boolean },
): Promise<ReleaseResult> {
  const { config, clock, signal, log } = context;
  const result: ReleaseResult = { released: [], kept: [], states: [] };
  const deleting = stores.filter((one) => one.deletesAfterUpload);
  if (deleting.length === 0) return result;
  const keptDays = Math.max(...deleting.map((one) => one.retentionDays));
  const before = addDays(formatDay(clock.nowUs()), -keptDays);
  const witness = new StoreWitness(signal);
  for (const instrument of await listChosen(config.root, scope)) {
    const days = await listReleasable(config.root, instrument, before);
    const chosen = days.filter((day) => day === (scope.date ?? day));
    const described =
      scope.date === undefined ? await listKeptDays(config.root, instrument, before) : [];
    if (chosen.length + described.length === 0 || signal.aborted) continue;
    const work = { root: config.root, instrument, stores, witness, clock };
    const lock = dryRun
      ? undefined
      : await awaitLock(config.root, 'transform', { withinMs: lockWithinMs, signal });
    try {
      await releaseDays(work, chosen, result, { dryRun, signal });
      await releaseStates(work, described, result, { dryRun, signal });
      // A view over files of which none is left fails, so the catalog is made again.
      if (!dryRun && result.released.length > 0) await writeCatalog(config);
    } finally {
      await lock?.release();
    }
  }
  for (const { instrument, day, reason } of dryRun ? [] : result.kept) {
    log.warn(`release ${instrument.exchange}/${instrument.symbol} ${day}: it stays, ${reason}`);
  }
  return result;
}

async function releaseDays(
  work: ReleaseWork,
  days: readonly Day[],
  { released, kept }: ReleaseResult,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<void> {
  for (const day of days) {
    if (signal.aborted) return;
    const plan = await planRelease(work, day);
    if (plan === undefined) continue;
    if ('reason' in plan) kept.push({ instrument: work.instrument, day, reason: plan.reason });
    else {
      if (!dryRun) await releaseDay(work, plan);
      released.push(plan);
    }
  }
}

async function releaseStates(
  work: ReleaseWork,
  days: readonly Day[],
  { released, states }: ReleaseResult,
  { dryRun, signal }: { dryRun: boolean; signal: AbortSignal },
): Promise<void> {
  const own = released.filter(({ instrument }) => instrument === work.instrument);
  const leaving = new Set(own.map(({ day }) => day));
  for (const plan of await planStateReleases(work, days, leaving)) {
    if (signal.aborted) return;
    if (!dryRun) await releaseState(work, plan);
    states.push(plan);
  }
}

async function listChosen(root: string, { exchange, symbol }: ReleaseScope): Promise<Instrument[]> {
  const all = await listAllInstruments(root);
  return all.filter(
    (one) => one.exchange === (exchange ?? one.exchange) && one.symbol === (symbol ?? one.symbol),
  );
}

/** Days before `before` that have a Parquet file here, but the newest of each dataset. */
async function listReleasable(root: string, instrument: Instrument, before: Day): Promise<Day[]> {
  const present = new Set<Day>();
  const newest = new Set<Day | undefined>();
  for (const dataset of describedDatasets) {
    for (const day of await listPartitionDays(root, dataset, instrument)) present.add(day);
    newest.add((await listManifestDays(root, dataset, instrument)).at(-1));
  }
  return [...present].filter((day) => day < before && !newest.has(day)).sort();
}
