// What is known of one alert, and the message that tells of it. An alert is counted by its condition and
// its subject; the subject `*` stands for all of a condition that are too many to be told one by one.
// Holds no effects.

import { z } from 'zod';
import { alertConditions } from '../../lake/config-schema.ts';

const severity = z.enum(['degraded', 'unhealthy']);
const epochMs = z.number();

export const alertSchema = z.object({
  condition: z.enum(alertConditions),
  subject: z.string(),
  severity,
  what: z.string(),
  /** ISO 8601, UTC. */
  since: z.string(),
  action: z.string(),
  /** The subjects it stands for. */
  members: z.array(z.string()),
  /** Whether the problem was there when last looked at, and since when it has not been. */
  is_present: z.boolean(),
  cleared_at_ms: epochMs.nullable(),
  /** What the operator was told last; when, how bad and of how many the last message about trouble was. */
  told: z.enum(['firing', 'resolved']),
  fired_at_ms: epochMs,
  fired_severity: severity,
  fired_members: z.int(),
  /** How often it has come back without being told. */
  returns: z.int(),
});
export type Alert = z.infer<typeof alertSchema>;

/** Told of alerts that are too many for one message each. */
export const manySubjects = '*';

export const messageSchema = z.object({
  /** What Slack and its kin show. */
  text: z.string(),
  /** Of this message: a receiver that gets it twice can tell by it. */
  id: z.string(),
  /** Condition and subject: the same for all messages of one trouble. */
  alert: z.string(),
  status: z.enum(['firing', 'resolved', 'test']),
  condition: z.string(),
  subject: z.string(),
  subjects: z.array(z.string()),
  severity,
  what: z.string(),
  since: z.string(),
  /** Null while it lasts. */
  resolved_at: z.string().nullable(),
  action: z.string(),
  /** Told before, and still there. */
  is_repeated: z.boolean(),
  lake: z.object({ root: z.string(), host: z.string() }),
  version: z.string(),
  sent_at: z.string(),
  /** Everything that is wrong at the time, the worst first. */
  problems: z.array(z.object({ condition: z.string(), subject: z.string(), what: z.string() })),
});
export type Message = z.infer<typeof messageSchema>;

export function formatAlertName({ condition, subject }: Pick<Alert, 'condition' | 'subject'>) {
  return `${condition}/${subject}`;
}
