// A problem of the lake: what is wrong, since when, and what a person can do. Holds no effects.

import { z } from 'zod';
import { type AlertCondition, alertConditions } from '../../lake/config-schema.ts';

export const problemSchema = z.object({
  /** Stays the same while the problem lasts. */
  id: z.string(),
  /** What kind it is, and of what: a symbol, a service, a store. Alerts are counted by these two. */
  condition: z.enum(alertConditions).default('lake'),
  subject: z.string().default('lake'),
  severity: z.enum(['degraded', 'unhealthy']),
  /** Whether it is worth a message: the thresholds of `alerting` say so. Else it only stands here. */
  alerts: z.boolean().default(true),
  /** The alert that tells of it as well, `condition/subject`: it is not told by itself while that is told. */
  covered_by: z.string().optional(),
  what: z.string(),
  /** ISO 8601, UTC. */
  since: z.string(),
  action: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

/** A problem that may not say itself when it began. It alerts unless it says that it does not. */
export type Finding = Omit<Problem, 'since' | 'alerts'> & { sinceMs?: number; alerts?: boolean };

/** Which of two problems comes first: the worse, then by what it means for the data. */
export function compareProblems(a: Problem, b: Problem): number {
  const bySeverity = Number(a.severity === 'degraded') - Number(b.severity === 'degraded');
  return bySeverity || ranks.indexOf(a.condition) - ranks.indexOf(b.condition);
}

/** Nothing is recorded, something is not, something is late; then what may become any of these. */
const ranks: readonly AlertCondition[] = [
  'cascade',
  'collector_stopped',
  'gap',
  'disk',
  'stream_silent',
  'completeness',
  'lake',
  'clock',
  'memory',
  'transform_failed',
  'transform_late',
  'upload_failed',
  'upload_late',
  'reconcile',
  'job_failed',
  'reconnects',
  'restarts',
];

/** That no trade comes at all: every gap is a part of it. */
export const outageAlert = 'collector_stopped/trades';

/** That there is no room: what fails meanwhile is a part of it. */
export const diskAlert = 'disk/lake';

/** Where to read on. */
export const logFile = 'logs/qa/crypto-lake.log';
