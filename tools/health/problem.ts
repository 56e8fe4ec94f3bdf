// A problem of the lake: what is wrong, since when, and what a person can do. Holds no effects.

import { z } from 'zod';
import { alertConditions } from '../../lake/config-schema.ts';

export const problemSchema = z.object({
  /** Stays the same while the problem lasts. */
  id: z.string(),
  /** What kind it is, and of what: a symbol, a service, a store. Alerts are counted by these two. */
  condition: z.enum(alertConditions).default('lake'),
  subject: z.string().default('lake'),
  severity: z.enum(['degraded', 'unhealthy']),
  /** Whether it is worth a message: the thresholds of `alerting` say so. Else it only stands here. */
  alerts: z.boolean().default(true),
  what: z.string(),
  /** ISO 8601, UTC. */
  since: z.string(),
  action: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;

/** A problem that may not say itself when it began. It alerts unless it says that it does not. */
export type Finding = Omit<Problem, 'since' | 'alerts'> & { sinceMs?: number; alerts?: boolean };

/** Where to read on. */
export const logFile = 'logs/qa/crypto-lake.log';
