// What is wrong with the copies off this machine: a store that fails, many attempts that do, and days or raw
// parts that wait too long. Each names its store, the cause and what to do. Holds no effects.

import type { StoreStatus, UploadStatus } from '../../lake/status.ts';
import { formatDuration } from './duration.ts';
import { type Finding, logFile } from './problem.ts';

export type UploadInputs = {
  /** Of finished days, and of raw parts in batches. */
  run: UploadStatus | undefined;
  raw: UploadStatus | undefined;
  /** More failed attempts than this are a problem. */
  failurePercent: number;
  lateHours: number;
  batchSeconds: number;
};

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Batches that were due and not sent. */
const lateBatches = 10;
const minLateBatchMs = 600_000;
/** Of what runs all the time, of the hours with attempts: many that failed before are over. */
const hoursJudged = 2;
const kept = 'nothing is deleted here that a store lacks';

export function findUploadProblems(inputs: UploadInputs | null, nowMs: number): Finding[] {
  if (inputs === null) return [];
  const { run, raw } = inputs;
  const days = run?.stores.flatMap((store) => [
    ...findFailures('upload', store, inputs.failurePercent),
    ...findLateDays(store, run, inputs.lateHours, nowMs),
  ]);
  const parts = raw?.stores.flatMap((store) => [
    ...findFailures('upload-raw', store, inputs.failurePercent),
    ...findLateParts(store, inputs.batchSeconds, nowMs),
  ]);
  return [...(days ?? []), ...(parts ?? []), ...findFailedRun(run)];
}

/**
 * The last attempt counts, and all of the last day, until it goes well again: with a run over the whole lake, or
 * where there are none, for hours.
 */
function findFailures(
  mode: 'upload' | 'upload-raw',
  store: StoreStatus,
  failurePercent: number,
): Finding[] {
  const { url, attempts, attempts_failed: failed, error, failing_since } = store;
  const about = { condition: 'upload_failed', subject: url, severity: 'degraded' } as const;
  if (error !== null && failing_since !== null) {
    const [reason, hint] = splitHint(error);
    return [
      {
        ...about,
        id: `${mode}-failing: ${url}`,
        what: `${mode} to ${url} fails: ${reason}`,
        sinceMs: Date.parse(failing_since),
        action: `${hint ?? `see ${logFile}`}; ${kept}`,
      },
    ];
  }
  const isMuch = (all: number, bad: number) => bad * 100 > all * failurePercent;
  const hours = store.hours.filter((hour) => hour.attempts > 0).slice(-hoursJudged);
  const lately = store.last_run === undefined ? hours : [store.last_run];
  const isLately = lately.some((hour) => isMuch(hour.attempts, hour.failed));
  if (!isMuch(attempts, failed) || !isLately) return [];
  return [
    {
      ...about,
      id: `${mode}-attempts: ${url}`,
      what: `${failed} of ${attempts} attempts of ${mode} to ${url} failed in the last 24 hours`,
      action: `see ${logFile} for why; check the network, or lower upload.concurrency`,
    },
  ];
}

/** What failed other than at a store: files here that are damaged, a lock that was never free. */
function findFailedRun(status: UploadStatus | undefined): Finding[] {
  const last = status?.last_run;
  const isOfStore = status?.stores.some(({ failing_since }) => failing_since !== null);
  if (last == null || last.ok || isOfStore) return [];
  const [reason, hint] = splitHint(last.error ?? 'no reason given');
  return [
    {
      id: 'upload-run-failed',
      condition: 'upload_failed',
      subject: 'upload',
      severity: 'degraded',
      what: `the last upload failed: ${reason}`,
      sinceMs: Date.parse(last.finished_at),
      action: `${hint ?? `see ${logFile}`}; try it with --mode upload`,
    },
  ];
}

/** By the oldest day known to wait; where no run has looked since, by the first one after the last. */
function findLateDays(
  { url, queued_since, objects_queued, bytes_queued }: StoreStatus,
  { last_success_at }: UploadStatus,
  lateHours: number,
  nowMs: number,
): Finding[] {
  const unseenMs = last_success_at === null ? nowMs : findEndOfDay(Date.parse(last_success_at));
  const sinceMs = queued_since === null ? unseenMs : Date.parse(queued_since);
  if (nowMs - sinceMs <= lateHours * hourMs) return [];
  const age = formatDuration(nowMs - sinceMs);
  const size = `${objects_queued} files (${(bytes_queued / 1e6).toFixed(1)} MB)`;
  const what =
    queued_since === null
      ? `no upload has looked since for a day that ended ${age} ago`
      : `${size} wait for ${url}, the oldest of a day that ended ${age} ago`;
  return [
    {
      id: `upload-late: ${url}`,
      condition: 'upload_late',
      subject: url,
      severity: 'degraded',
      what,
      sinceMs: sinceMs + lateHours * hourMs,
      action: `see ${logFile}; try it with --mode upload; ${kept}, so that the disk fills`,
    },
  ];
}

function findEndOfDay(ms: number): number {
  return (Math.floor(ms / dayMs) + 1) * dayMs;
}

function findLateParts(
  { url, queued_since, objects_queued }: StoreStatus,
  batchSeconds: number,
  nowMs: number,
): Finding[] {
  if (queued_since === null) return [];
  const ageMs = nowMs - Date.parse(queued_since);
  if (ageMs <= Math.max(minLateBatchMs, lateBatches * batchSeconds * 1000)) return [];
  return [
    {
      id: `upload-raw-late: ${url}`,
      condition: 'upload_late',
      subject: url,
      severity: 'degraded',
      what: `${objects_queued} raw parts wait for ${url}, the oldest for ${formatDuration(ageMs)}`,
      sinceMs: Date.parse(queued_since),
      action: `see ${logFile}; raise upload.concurrency where the store is well`,
    },
  ];
}

/** Errors come with their hint on a second line. */
function splitHint(error: string): [reason: string, hint: string | undefined] {
  const [reason = '', ...hints] = error.split(/\s*\n\s*/);
  return [reason, hints.length === 0 ? undefined : hints.join('; ')];
}
