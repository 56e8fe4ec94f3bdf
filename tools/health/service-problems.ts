// What is wrong with the services themselves: they do not run, they keep dying, or they failed together.
// Holds no effects.

import type { HealthInputs } from './health-inputs.ts';
import { type Finding, logFile } from './problem.ts';
import type { PastCascade, ServiceReport } from './service-report.ts';

/** From this number of restarts within an hour on, the next one is not likely to help. */
const dyingRestarts = 3;
const cascadeShownMs = 3_600_000;

/** `hasOwnWord`: whether a service has said itself how its last run went. */
export function findServiceProblems(
  inputs: HealthInputs,
  hasOwnWord: (service: ServiceReport) => boolean,
): Finding[] {
  const { services, thresholds, badEnds } = inputs;
  const maxRestarts = thresholds.restarts_per_hour;
  const findings = services.flatMap((service) => [
    ...findDown(service),
    ...findRestarts(service, maxRestarts),
    ...(hasOwnWord(service) ? [] : findFailure(service)),
  ]);
  if (badEnds <= maxRestarts) return findings;
  return [
    ...findings,
    {
      id: 'orchestrate-restarts',
      condition: 'restarts',
      subject: 'orchestrate',
      severity: 'degraded',
      what: `the whole lake was started again ${badEnds} times in the last hour`,
      action: `see ${logFile} and the last health/cascade-*.md for why it ended`,
    },
  ];
}

function findDown({ name, lastExit, isLongRunning, isAside, state }: ServiceReport): Finding[] {
  if (!isLongRunning || state === 'running') return [];
  const why = lastExit === null ? state : `it ${lastExit.what}`;
  return [
    {
      id: `${name}-down`,
      condition: name === 'collect' ? 'collector_stopped' : 'job_failed',
      subject: name,
      severity: isAside === true ? 'degraded' : 'unhealthy',
      // What was stopped for good was stopped on purpose.
      alerts: state === 'waiting',
      what: `${name} is not running: ${why}`,
      action: `see ${logFile}; where nothing restarts it, start --mode orchestrate`,
      ...(lastExit !== null && { sinceMs: lastExit.atMs }),
    },
  ];
}

function findRestarts(service: ServiceReport, maxRestarts: number): Finding[] {
  const { name, restartsLastHour: restarts } = service;
  if (restarts === 0) return [];
  return [
    {
      id: `${name}-restarts`,
      condition: 'restarts',
      subject: name,
      severity: restarts >= dyingRestarts && service.isAside !== true ? 'unhealthy' : 'degraded',
      alerts: restarts > maxRestarts,
      what: `${name} was restarted ${restarts} time(s) in the last hour${formatLast(service)}`,
      action: `see ${logFile} for why it ended`,
    },
  ];
}

function findFailure({ name, lastExit, isLongRunning }: ServiceReport): Finding[] {
  if (isLongRunning || lastExit === null || lastExit.isGood) return [];
  return [
    {
      id: `${name}-failed`,
      condition: name === 'transform' ? 'transform_failed' : 'job_failed',
      subject: name,
      severity: 'degraded',
      what: `${name} ${lastExit.what}`,
      action: `see ${logFile}; try it with --mode ${name}`,
      sinceMs: lastExit.atMs,
    },
  ];
}

/** How it last ended, and the last thing it said of errors. */
function formatLast({ lastExit, lastErrors }: ServiceReport): string {
  if (lastExit === null) return '';
  const said = lastErrors.at(-1);
  return `; it last ${lastExit.what}${said === undefined ? '' : `: ${said}`}`;
}

/** For an hour, whoever looks is told. */
export function findCascadeProblems(cascade: PastCascade | undefined, nowMs: number): Finding[] {
  if (cascade === undefined || nowMs - cascade.atMs > cascadeShownMs) return [];
  const { why, atMs, isNow } = cascade;
  return [
    {
      id: 'cascade',
      condition: 'cascade',
      subject: 'lake',
      severity: isNow ? 'unhealthy' : 'degraded',
      what: `everything was stopped, because ${why}`,
      sinceMs: atMs,
      action: 'see the last health/cascade-*.md, and mend what it names',
    },
  ];
}
