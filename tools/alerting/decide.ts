// When an operator is told, and of what. At most one message about trouble per condition and subject within
// the time of the rate limit, but for what turns from degraded to unhealthy, which is told at once; one when it
// is over; after that only what spread, and a reminder a day. What comes back within that time is not told again
// before it has passed, and its end is then told once it has stayed away for a while: so trouble that comes and
// goes ends with one message, and the right one. Holds no effects.

import type { AlertCondition } from '../../lake/config-schema.ts';
import type { Problem } from '../health/problem.ts';
import { type Alert, formatAlertName } from './alert.ts';
import { type Candidate, findCandidates } from './candidates.ts';

export type AlertRules = {
  /** Those to report; every one where there is none. */
  conditions: readonly AlertCondition[];
  rateLimitMs: number;
  /** How long a problem must be away before it counts as over. */
  quietMs: number;
  /** Nothing is over so soon after the start: not everything is known yet. */
  startedAtMs: number;
  settleMs: number;
};

/** What is to be said of an alert. */
export type News = {
  alert: Alert;
  status: Alert['told'];
  isRepeated: boolean;
  /** Of what is over: until then it is not told again. */
  silentUntilMs?: number;
};
export type Decision = { alerts: Alert[]; news: News[] };

const remindAfterMs = 24 * 3_600_000;
/** What has come back must stay away for this share of the rate limit. */
const flappingShare = 0.25;

type Step = { alert: Alert | undefined; news?: News };

/** The alerts after `before`, and what is to be said, given what is wrong now. */
export function decideAlerts(
  before: readonly Alert[],
  problems: readonly Problem[],
  nowMs: number,
  rules: AlertRules,
): Decision {
  const { conditions } = rules;
  const isWanted = (condition: AlertCondition) =>
    conditions.length === 0 || conditions.includes(condition);
  const known = before.filter(({ condition }) => isWanted(condition));
  const reported = problems.filter(({ alerts, condition }) => alerts && isWanted(condition));
  const candidates = findCandidates(dropCovered(reported, known), known);
  const byName = new Map(known.map((alert) => [formatAlertName(alert), alert]));
  const steps = candidates.map((candidate) => {
    const name = formatAlertName(candidate);
    const alert = byName.get(name);
    byName.delete(name);
    return alert === undefined ? fire(candidate, 0, nowMs) : goOn(alert, candidate, nowMs, rules);
  });
  steps.push(...[...byName.values()].map((alert) => clear(alert, nowMs, rules)));
  return {
    alerts: steps.flatMap(({ alert }) => alert ?? []),
    news: steps.flatMap(({ news }) => news ?? []),
  };
}

/** Without what another alert tells of as well, unless it was told before that. */
function dropCovered(reported: readonly Problem[], known: readonly Alert[]): Problem[] {
  const open = known.filter(({ told }) => told === 'firing');
  const telling = new Set([...reported, ...open].map(formatAlertName));
  const isTold = ({ condition, subject }: Problem) =>
    open.some((alert) => alert.condition === condition && alert.members.includes(subject));
  return reported.filter(
    (problem) =>
      problem.covered_by === undefined || !telling.has(problem.covered_by) || isTold(problem),
  );
}

function fire(candidate: Candidate, returns: number, nowMs: number, isRepeated = false): Step {
  const alert: Alert = {
    ...candidate,
    is_present: true,
    cleared_at_ms: null,
    told: 'firing',
    fired_at_ms: nowMs,
    fired_severity: candidate.severity,
    fired_members: candidate.members.length,
    returns,
  };
  return { alert, news: { alert, status: 'firing', isRepeated } };
}

/** The problem of a known alert is there. */
function goOn(known: Alert, candidate: Candidate, nowMs: number, rules: AlertRules): Step {
  const returns = known.returns + (known.is_present ? 0 : 1);
  const mayFire = hasPassed(known.fired_at_ms, rules.rateLimitMs, nowMs);
  const isRepeated = known.told === 'firing';
  const isDue = !isRepeated || hasSpread(known, candidate) || isForgotten(known, nowMs);
  if (isGraver(known, candidate) || (mayFire && isDue))
    return fire(candidate, returns, nowMs, isRepeated);
  const { members } = candidate;
  // All else stays as it was told.
  return { alert: { ...known, members, is_present: true, cleared_at_ms: null, returns } };
}

function isGraver(known: Alert, { severity }: Candidate): boolean {
  return severity === 'unhealthy' && known.fired_severity === 'degraded';
}

function hasSpread(known: Alert, { members }: Candidate): boolean {
  return members.length >= 2 * known.fired_members;
}

function isForgotten(known: Alert, nowMs: number): boolean {
  return hasPassed(known.fired_at_ms, remindAfterMs, nowMs);
}

/** The problem of a known alert is not there. It is forgotten when its rate limit has passed. */
function clear(known: Alert, nowMs: number, rules: AlertRules): Step {
  const { rateLimitMs, quietMs, startedAtMs, settleMs } = rules;
  const clearedAtMs = known.cleared_at_ms ?? nowMs;
  const alert = { ...known, is_present: false, cleared_at_ms: clearedAtMs };
  if (known.told === 'resolved') {
    return { alert: hasPassed(known.fired_at_ms, rateLimitMs, nowMs) ? undefined : alert };
  }
  const patienceMs = known.returns === 0 ? quietMs : Math.max(quietMs, rateLimitMs * flappingShare);
  const isSettled = hasPassed(startedAtMs, settleMs, nowMs);
  if (!isSettled || !hasPassed(clearedAtMs, patienceMs, nowMs)) return { alert };
  const resolved: Alert = { ...alert, told: 'resolved' };
  const silentUntilMs = known.fired_at_ms + rateLimitMs;
  const news: News = { alert: resolved, status: 'resolved', isRepeated: false };
  return { alert: resolved, news: silentUntilMs > nowMs ? { ...news, silentUntilMs } : news };
}

/** A clock that was set back has passed, too: else a message would wait for as long as it was wrong. */
function hasPassed(fromMs: number, forMs: number, nowMs: number): boolean {
  return nowMs - fromMs >= forMs || nowMs < fromMs;
}
