// What is wrong with the collector, by its own word and by its silence. Holds no effects.

import type { CollectStatus } from '../../lake/status.ts';
import { formatDuration } from './duration.ts';
import { findFillProblems } from './fill-problems.ts';
import type { HealthInputs } from './health-inputs.ts';
import { type Finding, logFile } from './problem.ts';
import type { ServiceReport } from './service-report.ts';
import { findStreamProblems } from './stream-problems.ts';

/** Without a trade on any symbol for so long, nothing is being collected, whatever is connected. */
const noTradeWithinMs = 5 * 60_000;
/**
 * The collector reports every 10 s; without a report for so long it hangs. Twice the heartbeat's interval
 * between these bounds, so that health turns within three of them.
 */
const noReportWithinMs = { least: 20_000, most: 60_000 };
/** A connection may lack so many trades, or such a share of them, before it is a bad one. */
const minMissing = 100;
const maxMissingShare = 0.02;
const maxClockOffsetMs = 1000;

export function findCollectorProblems(inputs: HealthInputs): Finding[] {
  const { collect, nowMs } = inputs;
  const service = inputs.services.find(({ name }) => name === 'collect');
  if (service?.state !== 'running') return [];
  const startedAtMs = service.startedAtMs ?? nowMs;
  const allowedMs = planReportWithinMs(inputs.intervalMs);
  const reportedAtMs = collect === undefined ? 0 : Date.parse(collect.updated_at);
  // What a former process said does not count.
  if (collect === undefined || reportedAtMs < startedAtMs || nowMs - reportedAtMs > allowedMs) {
    // On a full disk it cannot report.
    const sinceMs = Math.max(startedAtMs, reportedAtMs, inputs.diskFullAtMs ?? 0);
    const hangs = findMissingReport(sinceMs, nowMs, allowedMs);
    return hangs.length > 0 ? hangs : findReturning(service);
  }
  return [
    ...findMissingTrades(inputs, collect, startedAtMs),
    ...findClockOffset(collect.clock_offset_ms, inputs.thresholds.clock_offset_ms),
    ...findScoreProblems(collect.connections),
    ...findLosses(inputs),
    ...findFillProblems(collect, inputs.thresholds.gap_minutes),
    ...findStreamProblems(inputs, collect.problems),
  ];
}

/** A collector that was started again is back when it reports. */
function findReturning({ name, lastExit }: ServiceReport): Finding[] {
  if (lastExit === null) return [];
  return [
    {
      id: 'collect-returning',
      condition: 'collector_stopped',
      subject: name,
      severity: 'degraded',
      what: `collect was started again and has not reported yet: it ${lastExit.what}`,
      sinceMs: lastExit.atMs,
      action: `see ${logFile} for why it ended`,
    },
  ];
}

/** Connections that were lost more often than is usual. */
function findLosses({ losses, thresholds }: HealthInputs): Finding[] {
  const byExchange = Map.groupBy(losses, ({ exchange }) => exchange);
  return [...byExchange].flatMap(([exchange, own]): Finding[] => {
    const lost = own.reduce((sum, one) => sum + one.lost, 0);
    if (lost <= thresholds.reconnects_per_hour) return [];
    const worst = own[0]!;
    return [
      {
        id: `reconnects ${exchange}`,
        condition: 'reconnects',
        subject: exchange,
        severity: 'degraded',
        what:
          `connections to ${exchange} were lost ${lost} times in the last hour, ` +
          `${worst.lost} of them that of lane and shard ${worst.connection}`,
        action:
          `see ${logFile} for why they were closed; check the network, try another address in ` +
          `exchanges.${exchange}.ws_url, or set collector.redundancy to 2`,
      },
    ];
  });
}

function planReportWithinMs(intervalMs: number): number {
  const { least, most } = noReportWithinMs;
  return Math.min(most, Math.max(least, 2 * intervalMs));
}

function findMissingReport(sinceMs: number, nowMs: number, allowedMs: number): Finding[] {
  if (nowMs - sinceMs <= allowedMs) return [];
  const what = `collect runs but has not reported for ${formatDuration(nowMs - sinceMs)}`;
  const action = `see ${logFile}; restart it if it does not come back`;
  return [
    {
      id: 'collect-hangs',
      condition: 'collector_stopped',
      subject: 'collect',
      severity: 'unhealthy',
      what,
      sinceMs,
      action,
    },
  ];
}

function findMissingTrades(
  { nowMs, expectsTrades, thresholds }: HealthInputs,
  collect: CollectStatus,
  startedAtMs: number,
): Finding[] {
  if (!expectsTrades) return [];
  const { symbols, updated_at } = collect;
  const agesMs = symbols.flatMap(({ last_trade_age: age }) => (age === null ? [] : [age * 1000]));
  const sinceMs = agesMs.length === 0 ? startedAtMs : Date.parse(updated_at) - Math.min(...agesMs);
  const gapMs = isCutOff(collect) ? thresholds.gap_minutes * 60_000 : noTradeWithinMs;
  if (nowMs - sinceMs <= Math.min(gapMs, noTradeWithinMs)) return [];
  const exchanges = [...new Set(symbols.map(({ exchange }) => exchange))].join(' and ');
  const what = `no trade on any symbol of ${exchanges} for ${formatDuration(nowMs - sinceMs)}`;
  const action =
    'check the network and that the exchange is up (--mode check); the collector goes on trying, and ' +
    'fetches what was missed';
  return [
    {
      id: 'no-trades',
      condition: 'collector_stopped',
      subject: 'trades',
      severity: 'unhealthy',
      what: `${what}${formatLastError(collect)}`,
      sinceMs,
      action,
    },
  ];
}

/** Whether no connection is up, and one has not been for a while: then a gap is worth a message. */
function isCutOff({ connections, problems }: CollectStatus): boolean {
  const isUp = connections.some(({ state }) => state === 'live');
  return !isUp && problems.some(({ kind }) => kind === 'connection');
}

function formatLastError({ problems }: CollectStatus): string {
  const last = problems.find(({ last_error }) => last_error !== undefined);
  return last === undefined ? '' : `; ${last.what}, last error: ${last.last_error}`;
}

/** Connections that lack what another of the same streams delivers. */
function findScoreProblems(connections: CollectStatus['connections']): Finding[] {
  return connections.flatMap(({ conn, exchange, trades }) => {
    const { first = 0, late = 0, missing = 0 } = trades ?? {};
    const all = first + late + missing;
    if (missing <= minMissing || missing <= all * maxMissingShare) return [];
    const what = `connection ${conn} to ${exchange} lacked ${missing} of ${all} trades that another had`;
    const action = `nothing is lost; try another address in exchanges.${exchange}.ws_url`;
    return [
      {
        id: `score ${exchange} ${conn}`,
        condition: 'lake',
        subject: `${exchange} ${conn}`,
        severity: 'degraded',
        what,
        action,
      },
    ];
  });
}

function findClockOffset(offsetMs: number | null, alertMs: number): Finding[] {
  const limitMs = Math.min(maxClockOffsetMs, alertMs);
  if (offsetMs === null || Math.abs(offsetMs) <= limitMs) return [];
  const direction = offsetMs > 0 ? 'behind' : 'ahead of';
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const what = `the local clock is ${seconds} s ${direction} the exchange's`;
  const action = 'let the machine keep its time by NTP (timedatectl set-ntp true)';
  return [
    {
      id: 'clock-offset',
      condition: 'clock',
      subject: 'lake',
      severity: 'degraded',
      alerts: Math.abs(offsetMs) > alertMs,
      what,
      action,
    },
  ];
}
