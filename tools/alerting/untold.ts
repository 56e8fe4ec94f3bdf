// What a person has to hear of that the orchestrator does not tell: that it has stopped itself, and what its
// last words call unhealthy without having told it. Holds no effects.

import type { Heartbeat } from '../health/heartbeat.ts';
import type { Problem } from '../health/problem.ts';
import { findStop, type Surroundings } from '../health/verdict.ts';
import { formatAlertName } from './alert.ts';

/** Heartbeats within which the orchestrator tells itself. */
const ownHeartbeats = 3;

/** The heartbeat is missing or has stopped: that is the problem, whatever it says. Else undefined. */
export function findWithoutHeartbeat(
  heartbeat: Heartbeat | undefined,
  nowMs: number,
  intervalMs: number,
  around: Surroundings | undefined,
): Problem[] | undefined {
  const stop = findStop(heartbeat, nowMs, intervalMs, around);
  if (stop === undefined) return undefined;
  return [
    {
      id: 'heartbeat',
      condition: 'collector_stopped',
      subject: 'orchestrate',
      severity: 'unhealthy',
      alerts: true,
      what: stop.what,
      since: heartbeat?.timestamp ?? new Date(nowMs).toISOString(),
      action: stop.action,
    },
  ];
}

/** What is unhealthy for a while and stands in no alert of the orchestrator's. */
export function findUntold(
  { status, problems }: Heartbeat,
  told: ReadonlySet<string>,
  nowMs: number,
  intervalMs: number,
): Problem[] {
  if (status !== 'unhealthy') return [];
  return problems.filter((problem) => {
    const isOld = nowMs - Date.parse(problem.since) > ownHeartbeats * intervalMs;
    return problem.severity === 'unhealthy' && isOld && !told.has(formatAlertName(problem));
  });
}
