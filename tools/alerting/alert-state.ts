// What was told and what is still to be sent, in one file, written before anything is sent: so that neither
// a restart nor a crash loses a message or tells a thing twice. A message that was sent at the moment of a
// crash may be sent again, under the same id.

import { z } from 'zod';
import { readTextIfPresent, writeFileDurably } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import { alertSchema, messageSchema } from './alert.ts';

const alertStateSchema = z.object({
  alerts: z.array(alertSchema),
  /** Messages on their way, oldest first. */
  outbox: z.array(messageSchema),
});
export type AlertState = z.infer<typeof alertStateSchema>;

/** The state at `path`; an empty one where there is none. Throws where it cannot be read. */
export async function readAlertState(path: string): Promise<AlertState> {
  const text = await readTextIfPresent(path);
  if (text === undefined) return { alerts: [], outbox: [] };
  const { data } = alertStateSchema.safeParse(findJson(text));
  if (data === undefined) throw new OperationalError(`read alerts ${path}: it is damaged`);
  return data;
}

export async function writeAlertState(path: string, state: AlertState): Promise<void> {
  await writeFileDurably(path, `${JSON.stringify(state, null, 1)}\n`);
}
