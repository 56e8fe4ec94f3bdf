// Watches how much of the disk is free, and calls for room when it is nearly full: at once, and then
// every few minutes while it lasts. What is done about it is the cleanup's business.

import type { Clock } from '../lake/clock.ts';
import { planRoom, readDiskSpace } from '../lake/disk-space.ts';
import { formatReason } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';

export type DiskWatchOptions = {
  root: string;
  clock: Clock;
  log: Log;
  /** Percent in use from which the disk is nearly full. */
  readAlertPercent(): number;
  onNearlyFull(): void;
};

const lookEveryMs = 15_000;
const callEveryMs = 5 * 60_000;

export function watchDisk(options: DiskWatchOptions): { stop(): void } {
  const { root, clock, log, readAlertPercent, onNearlyFull } = options;
  let calledAtMs = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const space = await readDiskSpace(root);
    const nowMs = clock.monotonicMs();
    if (planRoom(space, readAlertPercent()) === 0 || nowMs - calledAtMs < callEveryMs) return;
    calledAtMs = nowMs;
    const freeGigabytes = (space.freeBytes / 1e9).toFixed(2);
    log.warn(`the disk of ${root} is nearly full: ${freeGigabytes} GB are free`);
    onNearlyFull();
  }

  const lookOrSay = () =>
    void look().catch((thrown) =>
      log.error(`look at disk of ${root}: ${formatReason(thrown)}; it is looked at again`),
    );
  lookOrSay();
  const timer = setInterval(lookOrSay, lookEveryMs);
  return { stop: () => clearInterval(timer) };
}
