// The mode `health`: reads the heartbeat and judges it, for a container's health check and for cron.
// Prints one line; exit code 0 for a fresh heartbeat that is healthy or degraded, else 1.

import { readTextIfPresent } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import { heartbeatPath } from '../../lake/layout.ts';
import type { RunMode } from '../../lake/mode.ts';
import { tellHealth } from '../alerting/watchdog.ts';
import { type Heartbeat, heartbeatSchema } from './heartbeat.ts';
import { runListening } from './listening.ts';
import { readSurroundings } from './surroundings.ts';
import { judgeHeartbeat } from './verdict.ts';

export const runHealth: RunMode = async (context) => {
  if (context.options.listening === true) return runListening(context);
  const { config, clock } = context;
  const heartbeat = await readHeartbeat(config.root);
  const [nowMs, intervalMs] = [clock.nowUs() / 1000, config.health.interval_seconds * 1000];
  const around = await readSurroundings(config.root, heartbeat, nowMs, intervalMs);
  if (context.options.alert === true) await tellHealth(context, heartbeat, around);
  const { isGood, text } = judgeHeartbeat(heartbeat, nowMs, intervalMs, around);
  if (!isGood) throw new OperationalError(`judge health of ${config.root}: ${text}`);
  process.stdout.write(`${text}\n`);
  return 0;
};

/** The last heartbeat, or undefined where there is none that can be read. */
export async function readHeartbeat(root: string): Promise<Heartbeat | undefined> {
  const text = await readTextIfPresent(heartbeatPath(root));
  if (text === undefined) return undefined;
  return heartbeatSchema.safeParse(findJson(text)).data;
}
