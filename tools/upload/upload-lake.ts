// One run: surveys the lake, sends what is due to every store, and notes how it went. A store that fails is
// given up for the run, and a unit that fails is left to the next one; neither keeps the others from being
// done. Days that are not sent stay on disk and are found again by the next survey.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { formatReason, isSystemError, OperationalError } from '../../lake/errors.ts';
import { uploadSendingDir } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { openProgressBar, type ProgressKind, transformProgress } from '../../lake/progress.ts';
import { type RetryLimits, retryLimits } from '../store/retry.ts';
import type { ConfiguredStore } from '../store/stores.ts';
import { endOfDayUs } from './due.ts';
import { dropFrozen } from './frozen-files.ts';
import { Gate } from './gate.ts';
import { forgetLostStore } from './lost-store.ts';
import type { UploadStep } from './send-file.ts';
import { sendUnit, type UnitContext } from './send-unit.ts';
import { type DueUnit, type HeldUnit, surveyLake, type UploadScope } from './survey.ts';
import { Target } from './target.ts';
import { formatUnit } from './unit.ts';
import { UploadStatusFile } from './upload-status.ts';

export type UploadRun = {
  config: Config;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Where copies go: all that are configured. */
  stores: readonly ConfiguredStore[];
  random?: () => number;
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  limits?: RetryLimits;
  /** Told where every file stands. */
  onStep?: (step: UploadStep) => void;
};

/** `failures` has one line per store and unit that failed. */
export type UploadTotals = {
  objects: number;
  bytes: number;
  held: readonly HeldUnit[];
  failures: string[];
};

/** Below the collector: what is uploaded later is not lost, what is received late is. */
export const lowPriority = 10;
/** How often the status is written while files are sent. */
const renewEveryMs = 5000;
const uploadProgress: ProgressKind = { ...transformProgress, verb: 'upload' };

export async function uploadLake(run: UploadRun, scope: UploadScope): Promise<UploadTotals> {
  const { config, clock, log } = run;
  const status = await UploadStatusFile.open(config.root, 'upload', clock);
  const targets = openTargets(run, status);
  const chosen = chooseTargets(targets, scope);
  // A disk that is full takes no status, and is no reason not to send what lies on it.
  const note = (writing: Promise<void>) =>
    writing.catch((thrown) => {
      if (!isSystemError(thrown)) throw thrown;
      log.warn(`write the status of the upload: ${formatReason(thrown)}`);
    });
  await note(status.write(targets));
  const totals: UploadTotals = { objects: 0, bytes: 0, held: [], failures: [] };
  try {
    await dropFrozen(uploadSendingDir(config.root, 'upload'));
    await checkStores(chosen, log);
    for (const target of chosen) {
      if (target.ended === undefined) await forgetLostStore(config.root, target, log);
    }
    const survey = await surveyLake(describeSurvey(run, chosen), scope);
    totals.held = survey.held;
    if (!isNarrow(scope)) queueAll(targets, survey.due);
    await note(status.write(targets));
    await sendAll(run, scope, survey.due, totals, () => note(status.renew(targets, renewEveryMs)));
  } catch (thrown) {
    // Whatever it was, the run has not gone well.
    totals.failures.push(thrown instanceof Error ? thrown.message : String(thrown));
    throw thrown;
  } finally {
    for (const { store, ended } of chosen) {
      if (ended === undefined) continue;
      log.error(`upload to ${store.url}: ${ended}`);
      totals.failures.push(`upload to ${store.url}: ${formatReason(ended)}`);
    }
    await note(noteOutcome(run, scope, status, targets, totals));
  }
  return totals;
}

/** The stores, with what the last run has noted of them. */
export function openTargets(run: UploadRun, status: UploadStatusFile): Target[] {
  const { stores, clock, signal } = run;
  const effects = {
    limits: run.limits ?? retryLimits,
    random: run.random ?? Math.random,
    sleep: run.sleep ?? ((ms: number, stop: AbortSignal) => sleep(ms, undefined, { signal: stop })),
    signal,
    readNowMs: () => clock.nowUs() / 1000,
  };
  return stores.map((one) => new Target(one, status.findStore(one.store.url), effects));
}

export function chooseTargets(targets: readonly Target[], { store }: UploadScope): Target[] {
  return targets.filter((target) => target.store.name === (store ?? target.store.name));
}

/** Whether only some of what is due is looked at: that says nothing of what waits in all. */
function isNarrow(scope: UploadScope): boolean {
  return Object.values(scope).some((value) => value !== undefined);
}

/** What a store refuses is known before the first file is read. */
export async function checkStores(targets: readonly Target[], log: Log): Promise<void> {
  for (const target of targets) {
    const remarks = await target.check(target.effects.limits);
    for (const remark of remarks) log.warn(remark);
  }
}

export function describeSurvey({ config, clock, signal }: UploadRun, targets: readonly Target[]) {
  const { settle_minutes, wait_hours, raw, raw_prefix } = config.upload;
  return {
    root: config.root,
    rawPrefix: raw_prefix,
    withRaw: raw,
    rules: { nowUs: clock.nowUs(), settleMinutes: settle_minutes, waitHours: wait_hours },
    targets,
    signal,
  };
}

function queueAll(targets: readonly Target[], due: readonly DueUnit[]): void {
  for (const target of targets) target.forgetWaiting();
  for (const { unit, lacks } of due) {
    const sinceMs = endOfDayUs(unit.day) / 1000;
    for (const { target, objects, bytes } of lacks) {
      target.setWaiting(formatUnit(unit), { objects, bytes, sinceMs });
    }
  }
}

async function sendAll(
  run: UploadRun,
  scope: UploadScope,
  due: readonly DueUnit[],
  totals: UploadTotals,
  onProgress: () => Promise<void>,
): Promise<void> {
  const { clock, config, log, signal } = run;
  const bytes = due.flatMap(({ lacks }) => lacks).reduce((sum, lack) => sum + lack.bytes, 0);
  const bar = openProgressBar(process.stderr, bytes, clock.monotonicMs, uploadProgress);
  const context: UnitContext = {
    root: config.root,
    rawPrefix: config.upload.raw_prefix,
    sendingDir: uploadSendingDir(config.root, 'upload'),
    log,
    signal,
    files: new Gate(config.upload.concurrency),
    freezes: new Gate(1),
    isAsked: scope.date !== undefined,
    readNowMs: () => clock.nowUs() / 1000,
    onStep: run.onStep ?? (() => {}),
    onSent(target, file, sent) {
      bar.add(file.bytes);
      if (sent === 'there') return;
      totals.objects++;
      totals.bytes += file.bytes;
      log.debug(`upload ${file.key} to ${target.store.url}: ${sent}`);
    },
  };
  const queue = due.values();
  const work = async () => {
    for (const one of queue) {
      if (signal.aborted || one.lacks.every(({ target }) => target.ended !== undefined)) continue;
      totals.failures.push(...(await sendDueUnit(context, one)));
      await onProgress();
    }
  };
  try {
    await Promise.all(Array.from({ length: config.upload.concurrency }, work));
  } finally {
    bar.finish();
  }
}

/** Why it failed, one line per store. */
async function sendDueUnit(context: UnitContext, { unit, lacks }: DueUnit): Promise<string[]> {
  const { log, signal } = context;
  const targets = lacks.map(({ target }) => target);
  const failures: string[] = [];
  try {
    const errors = await sendUnit(context, unit, targets);
    // Of a store that is given up it is told once, at the end.
    for (const target of targets.filter(({ ended }) => ended === undefined)) {
      const error = errors.get(target);
      if (error === undefined) target.setWaiting(formatUnit(unit), undefined);
      else failures.push(error.message);
    }
  } catch (thrown) {
    if (signal.aborted) return [];
    if (!(thrown instanceof OperationalError)) throw thrown;
    failures.push(thrown.message);
  }
  for (const message of failures) log.error(`upload ${formatUnit(unit)}: ${message}`);
  return failures.map((text) => `upload ${formatUnit(unit)}: ${formatReason(text)}`);
}

async function noteOutcome(
  { signal }: UploadRun,
  scope: UploadScope,
  status: UploadStatusFile,
  targets: readonly Target[],
  { objects, bytes, failures }: UploadTotals,
): Promise<void> {
  if (isNarrow(scope) || signal.aborted) return status.write(targets);
  const error = failures[0] === undefined ? null : formatReason(failures[0]);
  await status.finish(targets, { ok: error === null, objects, bytes, error });
}
