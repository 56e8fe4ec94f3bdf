// The lake's health as the routes show it: the last heartbeat, and the verdict on it.

import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { readHeartbeat } from '../health/health.ts';
import type { Heartbeat } from '../health/heartbeat.ts';
import { readSurroundings } from '../health/surroundings.ts';
import { judgeHeartbeat, type Verdict } from '../health/verdict.ts';

export type LakeHealth = { heartbeat: Heartbeat | undefined; verdict: Verdict };

export async function readLakeHealth(
  { root, health }: Pick<Config, 'root' | 'health'>,
  clock: Clock,
): Promise<LakeHealth> {
  const heartbeat = await readHeartbeat(root);
  const [nowMs, intervalMs] = [clock.nowUs() / 1000, health.interval_seconds * 1000];
  const around = await readSurroundings(root, heartbeat, nowMs, intervalMs);
  const verdict = judgeHeartbeat(heartbeat, nowMs, intervalMs, around);
  return { heartbeat, verdict };
}
