// The rules by which the lake is degraded or unhealthy. Each problem says what is wrong, since when, and
// what a person can do. Holds no effects.

import { findCollectorProblems } from './collector-problems.ts';
import { findCompletenessProblems } from './completeness.ts';
import { formatDuration } from './duration.ts';
import type { HealthInputs } from './health-inputs.ts';
import { findMachineProblems } from './machine-problems.ts';
import {
  compareProblems,
  diskAlert,
  type Finding,
  logFile,
  outageAlert,
  type Problem,
} from './problem.ts';
import { findReconcileProblems } from './reconcile-problems.ts';
import { findCascadeProblems, findServiceProblems } from './service-problems.ts';
import type { ServiceReport } from './service-report.ts';
import { findUploadProblems } from './upload-problems.ts';

/** A run this many intervals late is late. */
const lateIntervals = 2.5;
/** Alerts that do not arrive for so long are a problem. */
const undeliveredAfterMs = 60_000;

/**
 * Every problem there is, the worst first. `lastSuccessAt` is when a transform last succeeded;
 * `before` are the problems of the heartbeat before, which say since when they last.
 */
export function findProblems(
  inputs: HealthInputs,
  lastSuccessAt: string | null,
  before: readonly Problem[],
): Problem[] {
  const findings = [
    ...findCascadeProblems(inputs.cascade, inputs.nowMs),
    ...findServiceProblems(inputs, (service) => hasOwnWord(service, inputs)),
    ...findCollectorProblems(inputs),
    ...findTransformProblems(inputs, lastSuccessAt),
    ...findReconcileProblems(inputs.reconcile),
    ...findUploadProblems(inputs.upload, inputs.nowMs),
    ...findCompletenessProblems(inputs.completeness, inputs.thresholds.completeness_percent),
    ...findMachineProblems(inputs),
    ...findAlertProblems(inputs),
  ];
  const now = new Date(inputs.nowMs).toISOString();
  return findings
    .map(({ sinceMs, alerts = true, ...finding }) => {
      const known = sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
      const since = known ?? before.find((problem) => problem.id === finding.id)?.since ?? now;
      return { ...finding, ...coverByCause(finding, sinceMs, inputs), alerts, since };
    })
    .sort(compareProblems);
}

/**
 * A job that failed while the disk was full is told of with the disk, one that asks the exchange with an
 * outage of it.
 */
function coverByCause(
  { condition, subject }: Finding,
  sinceMs: number | undefined,
  { diskFullAtMs = 0 }: HealthInputs,
): { covered_by?: string } {
  const isJob = condition === 'job_failed' || condition === 'transform_failed';
  const isOfDisk = isJob && sinceMs !== undefined && sinceMs <= diskFullAtMs;
  if (isOfDisk) return { covered_by: diskAlert };
  return isJob && subject === 'reconcile' ? { covered_by: outageAlert } : {};
}

/** Some jobs say themselves how their run went, unless they were killed. */
function hasOwnWord({ name, startedAtMs }: ServiceReport, inputs: HealthInputs): boolean {
  const { transform, reconcile, upload } = inputs;
  const saidAt: Record<string, string | undefined> = {
    transform: transform?.updated_at,
    reconcile: reconcile?.updated_at,
    // It writes while it runs, too.
    upload: upload?.run?.last_run?.finished_at,
  };
  return Date.parse(saidAt[name] ?? '') >= (startedAtMs ?? 0);
}

function findTransformProblems(
  { transform, services, nowMs, diskFullAtMs = 0 }: HealthInputs,
  lastSuccessAt: string | null,
): Finding[] {
  const findings: Finding[] = [];
  const run = transform?.last_run;
  if (run !== undefined && !run.ok) {
    findings.push({
      id: 'transform-failed',
      condition: 'transform_failed',
      subject: 'transform',
      severity: 'degraded',
      what: `the last transform failed: ${formatLine(run.error ?? 'no reason given')}`,
      sinceMs: Date.parse(run.finished_at),
      action: `see ${logFile}; raw parts are kept until it succeeds; try it with --mode transform`,
    });
  }
  const interval = services.find(({ name }) => name === 'transform')?.interval;
  if (interval === undefined || interval === null) return findings;
  const succeededAtMs = lastSuccessAt === null ? 0 : Date.parse(lastSuccessAt);
  // On a full disk none can succeed, or say so.
  const sinceMs = Math.max(interval.sinceMs, succeededAtMs, diskFullAtMs);
  if (nowMs - sinceMs > lateIntervals * interval.ms) {
    findings.push({
      id: 'transform-late',
      condition: 'transform_late',
      subject: 'transform',
      severity: 'degraded',
      what: `no transform has succeeded for ${formatDuration(nowMs - sinceMs)}`,
      sinceMs,
      // One that fails is told of already.
      alerts: run?.ok !== false,
      action: `see ${logFile}; raise transformer.threads or transformer.memory_limit if runs are slow`,
    });
  }
  return findings;
}

/** Who is not reached is not told so by the same way. */
function findAlertProblems({ alertTrouble, nowMs }: HealthInputs): Finding[] {
  if (alertTrouble === undefined || nowMs - alertTrouble.sinceMs < undeliveredAfterMs) return [];
  const { reason, sinceMs, waiting } = alertTrouble;
  return [
    {
      id: 'alerts-undelivered',
      condition: 'lake',
      subject: 'alerting',
      severity: 'degraded',
      alerts: false,
      what: `${waiting} alert(s) wait to be delivered: ${reason}`,
      sinceMs,
      action: 'check alerting.webhook_url (--mode check --alert sends a test); they are kept',
    },
  ];
}

/** Errors come with their hint on a second line. */
function formatLine(text: string): string {
  return text.replace(/\s*\n\s*/g, '; ');
}
