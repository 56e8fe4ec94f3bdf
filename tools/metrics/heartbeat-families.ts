// The heartbeat as metrics: services, storage, what is wrong by condition. Holds no effects.

import { alertConditions } from '../../lake/config-schema.ts';
import type { HealthStatus, Heartbeat } from '../health/heartbeat.ts';
import { counter, type Family, gauge } from './family.ts';

const statuses: readonly HealthStatus[] = ['healthy', 'degraded', 'unhealthy'];
const severities = ['degraded', 'unhealthy'] as const;

export function listHeartbeatFamilies(heartbeat: Heartbeat, nowMs: number): Family[] {
  const ageSeconds = (nowMs - Date.parse(heartbeat.timestamp)) / 1000;
  return [
    gauge('heartbeat_age_seconds', 'Time since the last heartbeat.', [[{}, ageSeconds]]),
    gauge('heartbeat_interval_seconds', 'How long after it the next is due.', [
      [{}, heartbeat.interval_seconds ?? null],
    ]),
    gauge(
      'health_status',
      '1 for the status the last heartbeat gives the lake, 0 for the others.',
      statuses.map((status) => [{ status }, status === heartbeat.status ? 1 : 0]),
    ),
    ...listProblems(heartbeat.problems),
    ...listServices(heartbeat.services),
    gauge('raw_files', 'Sealed raw parts on the disk.', [[{}, heartbeat.raw_files]]),
    gauge('bars_rows', 'Rows of 1-second bars of all days, by their manifests.', [
      [{}, heartbeat.parquet_rows],
    ]),
    gauge('transform_lag_seconds', 'Time since the last transform that succeeded.', [
      [{}, addAge(heartbeat.transformer.lag_seconds, ageSeconds)],
    ]),
    gauge('connections_lost_last_hour', 'Connections that had delivered and were lost.', [
      ...heartbeat.losses_last_hour.map(
        ({ exchange, connection, lost }) => [{ exchange, connection }, lost] as const,
      ),
    ]),
    ...listCompleteness(heartbeat.completeness),
    gauge('memory_bytes', 'Resident memory of all processes of the lake.', [
      [{}, toBytes(heartbeat.memory_mb)],
    ]),
    gauge('disk_full_in_seconds', 'When the disk is full, as it has grown in the last days.', [
      [{}, heartbeat.disk_full_in_days === null ? null : heartbeat.disk_full_in_days * 86_400],
    ]),
  ];
}

/** Every kind, so that one that is gone shows as 0. */
function listProblems(problems: Heartbeat['problems']): Family[] {
  const count = (isCounted: (problem: Heartbeat['problems'][number]) => boolean) =>
    problems.filter(isCounted).length;
  return [
    gauge(
      'problems',
      'Problems by kind, as in the heartbeat.',
      alertConditions.flatMap((condition) =>
        severities.map((severity) => [
          { condition, severity },
          count((one) => one.condition === condition && one.severity === severity),
        ]),
      ),
    ),
    gauge(
      'alerts',
      'Problems that are worth a message, by the thresholds of the configuration.',
      alertConditions.map((condition) => [
        { condition },
        count((one) => one.condition === condition && one.alerts),
      ]),
    ),
  ];
}

function listServices(services: Heartbeat['services']): Family[] {
  return [
    gauge(
      'service_running',
      'Whether a process of the service runs; jobs run at times.',
      services.map(({ name, state }) => [{ service: name }, state === 'running' ? 1 : 0]),
    ),
    counter(
      'service_restarts_total',
      'Restarts of the service since the orchestrator started.',
      services.map(({ name, restarts }) => [{ service: name }, restarts]),
    ),
    gauge(
      'service_memory_bytes',
      'Resident memory of the process of the service.',
      services.map(({ name, memory_mb }) => [{ service: name }, toBytes(memory_mb)]),
    ),
  ];
}

/** Of the last day that is over. */
function listCompleteness(days: Heartbeat['completeness']): Family[] {
  const by = (find: (day: (typeof days)[number]) => number) =>
    days.map((day) => [{ exchange: day.exchange, symbol: day.symbol }, find(day)] as const);
  return [
    gauge(
      'completeness_ratio',
      'Share of the seconds and trades of the last finished day that is there, the smaller of the two.',
      by(({ percent }) => percent / 100),
    ),
    gauge(
      'completeness_seconds_missing',
      'Seconds of that day that were not observed.',
      by(({ seconds_missing }) => seconds_missing),
    ),
    gauge(
      'completeness_trades_missing',
      'Trades of that day that are missing.',
      by(({ trades_missing }) => trades_missing),
    ),
  ];
}

function toBytes(megabytes: number | null): number | null {
  return megabytes === null ? null : Math.round(megabytes * 1e6);
}

function addAge(seconds: number | null, ageSeconds: number): number | null {
  return seconds === null ? null : seconds + Math.max(0, ageSeconds);
}
