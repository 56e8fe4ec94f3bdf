// The lake's health as the routes show it: the last heartbeat, and the verdict on it.

import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { readHeartbeat } from '../health/health.ts';
import type { Heartbeat } from '../health/heartbeat.ts';
import { judgeHeartbeat, type Verdict } from '../health/verdict.ts';

export type LakeHealth = { heartbeat: Heartbeat | undefined; verdict: Verdict };

export async function readLakeHealth(
  { root, health }: Pick<Config, 'root' | 'health'>,
  clock: Clock,
): Promise<LakeHealth> {
  const heartbeat = await readHeartbeat(root);
  const intervalMs = health.interval_seconds * 1000;
  return { heartbeat, verdict: judgeHeartbeat(heartbeat, clock.nowUs() / 1000, intervalMs) };
}
