// Runs the jobs of a restore one after the other: from the first store that can give a day, else from the
// next. What fails is logged with what to do, and counted.

import { type DiskSpace, readDiskSpace } from '../../lake/disk-space.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import type { ModeContext } from '../../lake/mode.ts';
import { openProgressBar, type ProgressKind } from '../../lake/progress.ts';
import { renewTails } from '../../transformer/live/renew-tails.ts';
import type { Retry } from '../store/retry.ts';
import type { Job, Source } from './plan-restore.ts';
import { restoreRawDay } from './raw-parts.ts';
import { type Restored, restoreDay } from './restore-day.ts';

/** `here` counts jobs of which nothing was missing. */
export type RestoreResult = Restored & {
  jobs: number;
  here: number;
  failed: number;
  /** Jobs that were not begun, because the restore was stopped. */
  left: number;
};

/** Left free for the collector that may be running here. */
const minFreeBytes = 1e9;
/** A raw part is there packed and unpacked for a moment, and unpacked for good. */
const unpackedRatio = 10;

const restoreProgress: ProgressKind = {
  verb: 'restore',
  formatAmounts: (done, total) => `${(done / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`,
};

export async function runJobs(
  context: ModeContext,
  jobs: readonly Job[],
  retry: Retry,
  readSpace: (root: string) => Promise<DiskSpace> = readDiskSpace,
): Promise<RestoreResult> {
  const { log, clock, signal, config } = context;
  const result: RestoreResult = { files: 0, bytes: 0, jobs: 0, here: 0, failed: 0, left: 0 };
  const total = jobs.reduce((sum, { sources }) => sum + sources[0]!.bytes, 0);
  const bar = openProgressBar(process.stderr, total, clock.monotonicMs, restoreProgress);
  try {
    for (const job of jobs) {
      if (signal.aborted) break;
      const { freeBytes } = await readSpace(config.root);
      expectRoom(config.root, job, freeBytes);
      const restored = await runJob(context, job, retry);
      bar.add(job.sources[0]!.bytes);
      if (restored === undefined && signal.aborted) break;
      result.jobs++;
      if (restored === undefined) result.failed++;
      else if (restored.files === 0) result.here++;
      result.files += restored?.files ?? 0;
      result.bytes += restored?.bytes ?? 0;
    }
  } finally {
    bar.finish();
    const instruments = jobs.map(({ instrument }) => instrument);
    await renewTails(context, instruments);
  }
  result.left = jobs.length - result.jobs;
  if (result.left > 0) log.warn(`restore: stopped with ${result.left} to go; run it again`);
  return result;
}

/** Undefined where no store could give it. */
async function runJob(context: ModeContext, job: Job, retry: Retry): Promise<Restored | undefined> {
  const { log, signal } = context;
  for (const [index, source] of job.sources.entries()) {
    try {
      return await fetchFrom(context, job, source, retry);
    } catch (thrown) {
      if (signal.aborted) return undefined;
      if (!(thrown instanceof OperationalError)) throw thrown;
      const isLast = index === job.sources.length - 1;
      if (isLast) log.error(thrown.message);
      else log.warn(`${formatReason(thrown)}; another store is asked`);
    }
  }
  return undefined;
}

function fetchFrom(
  { config, log }: ModeContext,
  { kind, instrument, day }: Job,
  { store, raw }: Source,
  retry: Retry,
): Promise<Restored> {
  const fetched = new Set<string>();
  const work = { root: config.root, store, retry, fetched, instrument, day, log };
  if (kind === 'day') return restoreDay(work);
  return restoreRawDay({ ...work, prefix: raw!.prefix }, raw!.objects);
}

function expectRoom(root: string, { kind, sources }: Job, freeBytes: number): void {
  const bytes = sources[0]!.bytes * (kind === 'raw' ? unpackedRatio : 1);
  if (freeBytes - bytes >= minFreeBytes) return;
  const gigabytes = (value: number) => `${(value / 1e9).toFixed(1)} GB`;
  throw new OperationalError(
    `restore into ${root}: ${gigabytes(freeBytes)} are free, the next day may need ${gigabytes(bytes)}`,
    { hint: 'enlarge the disk or ask for fewer days; what has come back stays' },
  );
}
