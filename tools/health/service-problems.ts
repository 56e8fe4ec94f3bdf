// What is wrong with the services themselves: they do not run, they keep dying, or they failed together.
// Holds no effects.

import { type Finding, logFile } from './problem.ts';
import type { PastCascade, ServiceReport } from './service-report.ts';

/** From this number of restarts within an hour on, the next one is not likely to help. */
const dyingRestarts = 3;
const cascadeShownMs = 3_600_000;

/** `hasOwnWord`: the service has said itself how its last run went. */
export function findServiceProblems(service: ServiceReport, hasOwnWord: boolean): Finding[] {
  const { name, lastExit, restartsLastHour, isLongRunning, isAside, state } = service;
  const findings: Finding[] = [];
  if (isLongRunning && state !== 'running') {
    const why = lastExit === null ? state : `it ${lastExit.what}`;
    findings.push({
      id: `${name}-down`,
      condition: name === 'collect' ? 'collector_stopped' : 'job_failed',
      subject: name,
      severity: isAside === true ? 'degraded' : 'unhealthy',
      what: `${name} is not running: ${why}`,
      action: `see ${logFile}; where nothing restarts it, start --mode orchestrate`,
      ...(lastExit !== null && { sinceMs: lastExit.atMs }),
    });
  }
  if (restartsLastHour > 0) {
    findings.push({
      id: `${name}-restarts`,
      condition: 'restarts',
      subject: name,
      severity: restartsLastHour >= dyingRestarts && isAside !== true ? 'unhealthy' : 'degraded',
      what: `${name} was restarted ${restartsLastHour} time(s) in the last hour${formatLast(service)}`,
      action: `see ${logFile} for why it ended`,
    });
  }
  if (!isLongRunning && lastExit?.isGood === false && !hasOwnWord) {
    findings.push({
      id: `${name}-failed`,
      condition: 'job_failed',
      subject: name,
      severity: 'degraded',
      what: `${name} ${lastExit.what}`,
      action: `see ${logFile}; try it with --mode ${name}`,
      sinceMs: lastExit.atMs,
    });
  }
  return findings;
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
