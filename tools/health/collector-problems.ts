// What is wrong with the collector, by its own word and by its silence. Holds no effects.

import type { CollectStatus } from '../../lake/status.ts';
import { formatDuration } from './duration.ts';
import { findFillProblems } from './fill-problems.ts';
import type { HealthInputs } from './health-inputs.ts';
import { type Finding, logFile } from './problem.ts';

/** Without a trade on any symbol for so long, nothing is being collected, whatever is connected. */
const noTradeWithinMs = 5 * 60_000;
/** The collector reports every 10 s; without a report for so long it hangs. */
const noReportWithinMs = 60_000;
/** A connection may lack so many trades, or such a share of them, before it is a bad one. */
const minMissing = 100;
const maxMissingShare = 0.02;
const maxClockOffsetMs = 1000;
/** Problems of single streams beyond which they are only counted. */
const maxStreamProblems = 20;

export function findCollectorProblems(inputs: HealthInputs): Finding[] {
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
    ...findScoreProblems(collect.connections),
    ...findFillProblems(collect),
    ...findStreamProblems(collect.problems),
  ];
}

function findMissingReport(sinceMs: number, nowMs: number): Finding[] {
  if (nowMs - sinceMs <= noReportWithinMs) return [];
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
  return [
    {
      id: 'no-trades',
      condition: 'collector_stopped',
      subject: 'trades',
      severity: 'unhealthy',
      what,
      sinceMs,
      action,
    },
  ];
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

function findClockOffset(offsetMs: number | null): Finding[] {
  if (offsetMs === null || Math.abs(offsetMs) <= maxClockOffsetMs) return [];
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
      what,
      action,
    },
  ];
}

function findStreamProblems(
  problems: { what: string; since: string; action: string }[],
): Finding[] {
  const findings = problems.slice(0, maxStreamProblems).map(
    ({ what, since, action }): Finding => ({
      id: `collect: ${what}`,
      condition: 'stream_silent',
      subject: what,
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
  return [
    ...findings,
    {
      id: 'collect-more',
      condition: 'stream_silent',
      subject: 'others',
      severity: 'degraded',
      what,
      action,
    },
  ];
}
