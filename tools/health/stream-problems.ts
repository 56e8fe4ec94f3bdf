// What the collector reports of its connections and streams. One that is down or deaf for a while comes back
// by itself and is only shown; after `gap_minutes` it is a data gap, and told. What a person has to correct is
// told at once. Holds no effects.

import type { AlertCondition } from '../../lake/config-schema.ts';
import type { CollectStatus } from '../../lake/status.ts';
import type { HealthInputs } from './health-inputs.ts';
import { type Finding, outageAlert } from './problem.ts';

/** Problems of single streams beyond which they are only counted. */
const maxStreamProblems = 20;

type StreamProblem = CollectStatus['problems'][number];

export function findStreamProblems(
  { nowMs, thresholds }: HealthInputs,
  problems: readonly StreamProblem[],
): Finding[] {
  const longAfterMs = thresholds.gap_minutes * 60_000;
  const isLong = ({ since }: StreamProblem) => nowMs - Date.parse(since) > longAfterMs;
  const findings = problems.slice(0, maxStreamProblems).map(
    (problem): Finding => ({
      id: `collect: ${problem.what}`,
      ...judge(problem.kind, isLong(problem)),
      subject: problem.subject ?? problem.what,
      severity: 'degraded',
      what: nameError(problem),
      sinceMs: Date.parse(problem.since),
      action: problem.action,
    }),
  );
  const others = problems.slice(maxStreamProblems);
  if (others.length === 0) return findings;
  const worst = others.find(isLong) ?? others[0]!;
  return [
    ...findings,
    {
      id: 'collect-more',
      ...judge(worst.kind, isLong(worst)),
      subject: 'others',
      severity: 'degraded',
      what: `${others.length} more problems of the collector`,
      action: 'see state/status/collect.json',
    },
  ];
}

function nameError({ what, last_error }: StreamProblem): string {
  return last_error === undefined ? what : `${what} (last error: ${last_error})`;
}

function judge(
  kind: StreamProblem['kind'],
  isLong: boolean,
): { condition: AlertCondition; alerts: boolean; covered_by?: string } {
  switch (kind) {
    case 'connection':
    case 'stream':
      return isLong
        ? { condition: 'gap', alerts: true, covered_by: outageAlert }
        : { condition: 'stream_silent', alerts: false };
    case 'disk':
      return { condition: 'disk', alerts: true };
    case 'configuration':
      return { condition: 'lake', alerts: true };
    default:
      return { condition: 'stream_silent', alerts: true };
  }
}
