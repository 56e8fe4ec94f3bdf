// The words of an alert: a text for people, as Slack and its kin show it, and the same in full for programs.
// Every text says what, since when, and what to do, and is bounded. Holds no effects.

import { formatDuration } from '../health/duration.ts';
import type { Problem } from '../health/problem.ts';
import { formatAlertName, type Message } from './alert.ts';
import type { News } from './decide.ts';

/** Who speaks. */
export type Sender = { root: string; host: string; version: string };

const maxTextChars = 1500;
const maxSubjects = 100;
const maxProblems = 20;

export function formatMessage(
  { alert, status, isRepeated, silentUntilMs }: News,
  problems: readonly Problem[],
  nowMs: number,
  sender: Sender,
  id: string,
): Message {
  const { root, host, version } = sender;
  const { condition, subject, members, severity, since } = alert;
  const now = new Date(nowMs).toISOString();
  const resolvedAt = status === 'resolved' ? new Date(alert.cleared_at_ms ?? nowMs) : null;
  const message = {
    id,
    alert: formatAlertName(alert),
    status,
    condition,
    subject,
    subjects: members.slice(0, maxSubjects),
    severity,
    what: cut(alert.what),
    since,
    resolved_at: resolvedAt?.toISOString() ?? null,
    action: status === 'resolved' ? 'nothing' : cut(alert.action),
    is_repeated: isRepeated,
    lake: { root, host },
    version,
    sent_at: now,
    problems: problems.slice(0, maxProblems).map((problem) => ({
      condition: problem.condition,
      subject: problem.subject,
      what: cut(problem.what),
    })),
  };
  return { text: formatText(message, silentUntilMs), ...message };
}

/** A message that only shows that messages arrive. */
export function formatTest(nowMs: number, sender: Sender, id: string): Message {
  const { root, host, version } = sender;
  const now = new Date(nowMs).toISOString();
  return {
    text: escapeMarkup(`Crypto Lake ${host}:${root} test: alerts arrive here. Nothing is wrong.`),
    id,
    alert: 'test/lake',
    status: 'test',
    condition: 'test',
    subject: 'lake',
    subjects: ['lake'],
    severity: 'degraded',
    what: 'this is a test: nothing is wrong',
    since: now,
    resolved_at: null,
    action: 'nothing',
    is_repeated: false,
    lake: { root, host },
    version,
    sent_at: now,
    problems: [],
  };
}

function formatText(message: Omit<Message, 'text'>, silentUntilMs: number | undefined): string {
  const { status, severity, condition, what, since, action, lake, is_repeated } = message;
  const name = `Crypto Lake ${lake.host}:${lake.root}`;
  if (status === 'resolved') {
    const over = message.resolved_at!;
    const lastedMs = Math.max(0, Date.parse(over) - Date.parse(since));
    const past = `over: "${what}" lasted ${formatDuration(lastedMs)}`;
    const rest = `From ${since} to ${over}\nTo do: nothing${formatSilence(silentUntilMs)}`;
    return escapeMarkup(`${name} resolved: ${condition}: ${past}\n${rest}`);
  }
  const still = is_repeated ? ' still' : '';
  return escapeMarkup(
    `${name}${still} ${severity}: ${condition}: ${what}\nSince ${since}\nTo do: ${action}`,
  );
}

/** When the operator would hear of it again, to the minute, rounded up. */
function formatSilence(untilMs: number | undefined): string {
  if (untilMs === undefined) return '';
  const at = `${new Date(Math.ceil(untilMs / 60_000) * 60_000).toISOString().slice(11, 16)} UTC`;
  return `. If it comes back before ${at}, that is told at ${at} if it still lasts then`;
}

function cut(text: string): string {
  return text.length <= maxTextChars ? text : `${text.slice(0, maxTextChars - 1)}…`;
}

/** What Slack takes for markup, https://api.slack.com/reference/surfaces/formatting (2026-11). */
function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
