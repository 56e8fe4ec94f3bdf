// The rules by which the lake is degraded or unhealthy. Each problem says what is wrong, since when, and
// what a person can do. Holds no effects.

import type { CollectStatus, ReconcileStatus, TransformStatus } from '../../lake/status.ts';
import { type Finding, logFile, type Problem } from './problem.ts';
import { findReconcileProblems } from './reconcile-problems.ts';
import { findCascadeProblems, findServiceProblems } from './service-problems.ts';
import type { PastCascade, ServiceReport } from './service-report.ts';

/** Without a trade on any symbol for so long, nothing is being collected, whatever is connected. */
const noTradeWithinMs = 5 * 60_000;
/** The collector reports every 10 s; without a report for so long it hangs. */
const noReportWithinMs = 60_000;
/** A run this many intervals late is late. */
const lateIntervals = 2.5;
const maxClockOffsetMs = 1000;
const minFreePercent = 5;
/** Problems of single streams beyond which they are only counted. */
const maxStreamProblems = 20;

export type HealthInputs = {
  nowMs: number;
  services: readonly ServiceReport[];
  /** The last cascade. */
  cascade: PastCascade | undefined;
  collect: CollectStatus | undefined;
  transform: TransformStatus | undefined;
  reconcile: ReconcileStatus | undefined;
  usage: { bytes: number; rawFiles: number; parquetRows: number };
  diskFreePercent: number;
  diskAlertPercent: number;
  /** Whether a stream of trades is collected at all. */
  expectsTrades: boolean;
};

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
    ...inputs.services.flatMap((service) =>
      findServiceProblems(service, hasOwnWord(service, inputs)),
    ),
    ...findCollectorProblems(inputs),
    ...findTransformProblems(inputs, lastSuccessAt),
    ...findReconcileProblems(inputs.reconcile),
    ...findDiskProblems(inputs),
  ];
  const now = new Date(inputs.nowMs).toISOString();
  return findings
    .map(({ id, severity, what, sinceMs, action }) => {
      const known = sinceMs === undefined ? undefined : new Date(sinceMs).toISOString();
      const since = known ?? before.find((problem) => problem.id === id)?.since ?? now;
      return { id, severity, what, since, action };
    })
    .sort((a, b) => Number(a.severity === 'degraded') - Number(b.severity === 'degraded'));
}

/** The transform says itself how its run went, unless it was killed. */
function hasOwnWord({ name, startedAtMs }: ServiceReport, { transform }: HealthInputs): boolean {
  const reportedAtMs = Date.parse(transform?.updated_at ?? '');
  return name === 'transform' && reportedAtMs >= (startedAtMs ?? 0);
}

function findCollectorProblems(inputs: HealthInputs): Finding[] {
  const { collect, nowMs } = inputs;
  const service = inputs.services.find(({ name }) => name === 'collect');
  if (service?.state !== 'running') return [];
  const startedAtMs = service.startedAtMs ?? nowMs;
  const reportedAtMs = collect === undefined ? 0 : Date.parse(collect.updated_at);
  // What a former process said does not count.
  if (
    collect === undefined ||
    reportedAtMs < startedAtMs ||
    nowMs - reportedAtMs > noReportWithinMs
  ) {
    return findMissingReport(Math.max(startedAtMs, reportedAtMs), nowMs);
  }
  return [
    ...findMissingTrades(inputs, collect, startedAtMs),
    ...findClockOffset(collect.clock_offset_ms),
    ...findStreamProblems(collect.problems),
  ];
}

function findMissingReport(sinceMs: number, nowMs: number): Finding[] {
  if (nowMs - sinceMs <= noReportWithinMs) return [];
  const what = `collect runs but has not reported for ${formatDuration(nowMs - sinceMs)}`;
  const action = `see ${logFile}; restart it if it does not come back`;
  return [{ id: 'collect-hangs', severity: 'unhealthy', what, sinceMs, action }];
}

function findMissingTrades(
  { nowMs, expectsTrades }: HealthInputs,
  { symbols, updated_at }: { symbols: { last_trade_age: number | null }[]; updated_at: string },
  startedAtMs: number,
): Finding[] {
  if (!expectsTrades) return [];
  const agesMs = symbols.flatMap(({ last_trade_age: age }) => (age === null ? [] : [age * 1000]));
  const sinceMs = agesMs.length === 0 ? startedAtMs : Date.parse(updated_at) - Math.min(...agesMs);
  if (nowMs - sinceMs <= noTradeWithinMs) return [];
  const what = `no trade on any symbol for ${formatDuration(nowMs - sinceMs)}`;
  const action =
    'check the network and that the exchange is up (--mode check); see collector.connections';
  return [{ id: 'no-trades', severity: 'unhealthy', what, sinceMs, action }];
}

function findClockOffset(offsetMs: number | null): Finding[] {
  if (offsetMs === null || Math.abs(offsetMs) <= maxClockOffsetMs) return [];
  const direction = offsetMs > 0 ? 'behind' : 'ahead of';
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const what = `the local clock is ${seconds} s ${direction} the exchange's`;
  const action = 'let the machine keep its time by NTP (timedatectl set-ntp true)';
  return [{ id: 'clock-offset', severity: 'degraded', what, action }];
}

function findStreamProblems(
  problems: { what: string; since: string; action: string }[],
): Finding[] {
  const findings = problems.slice(0, maxStreamProblems).map(
    ({ what, since, action }): Finding => ({
      id: `collect: ${what}`,
      severity: 'degraded',
      what,
      sinceMs: Date.parse(since),
      action,
    }),
  );
  const more = problems.length - findings.length;
  if (more === 0) return findings;
  const what = `${more} more problems of the collector`;
  const action = 'see state/status/collect.json';
  return [...findings, { id: 'collect-more', severity: 'degraded', what, action }];
}

function findTransformProblems(
  { transform, services, nowMs }: HealthInputs,
  lastSuccessAt: string | null,
): Finding[] {
  const findings: Finding[] = [];
  const run = transform?.last_run;
  if (run !== undefined && !run.ok) {
    findings.push({
      id: 'transform-failed',
      severity: 'degraded',
      what: `the last transform failed: ${formatLine(run.error ?? 'no reason given')}`,
      sinceMs: Date.parse(run.finished_at),
      action: `see ${logFile}; raw parts are kept until it succeeds; try it with --mode transform`,
    });
  }
  const interval = services.find(({ name }) => name === 'transform')?.interval;
  if (interval === undefined || interval === null) return findings;
  const succeededAtMs = lastSuccessAt === null ? 0 : Date.parse(lastSuccessAt);
  const sinceMs = Math.max(interval.sinceMs, succeededAtMs);
  if (nowMs - sinceMs > lateIntervals * interval.ms) {
    findings.push({
      id: 'transform-late',
      severity: 'degraded',
      what: `no transform has succeeded for ${formatDuration(nowMs - sinceMs)}`,
      sinceMs,
      action: `see ${logFile}; raise transformer.threads or transformer.memory_limit if runs are slow`,
    });
  }
  return findings;
}

function findDiskProblems({ diskFreePercent, diskAlertPercent }: HealthInputs): Finding[] {
  const usedPercent = 100 - diskFreePercent;
  const isNearlyFull = diskFreePercent < minFreePercent;
  if (!isNearlyFull && usedPercent <= diskAlertPercent) return [];
  return [
    {
      id: 'disk',
      severity: isNearlyFull ? 'unhealthy' : 'degraded',
      what: `the disk is ${usedPercent.toFixed(1)} % full`,
      action: 'free space or enlarge the disk; nothing can be recorded when it is full',
    },
  ];
}

/** Errors come with their hint on a second line. */
function formatLine(text: string): string {
  return text.replace(/\s*\n\s*/g, '; ');
}

function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
