// Mode `live`: keeps the live tail fresh for programs that read the lake without asking for it, until it is stopped.
// Whatever a refresh meets is said once and tried again with the next one: the data is not in danger.

import { setTimeout as sleep } from 'node:timers/promises';
import { formatReason } from '../../lake/errors.ts';
import type { ModeContext, RunMode } from '../../lake/mode.ts';
import { openLiveTail } from './live-tail.ts';

export const runLive: RunMode = async (context) => {
  const { config, clock, log, signal } = context;
  const intervalMs = config.live.interval_seconds * 1000;
  const writtenMs = config.collector.flush_milliseconds;
  log.info(`live: ${config.root}/state/live is made fresh every ${intervalMs} ms`);
  let lastFailure: string | undefined;
  const tail = await openLiveTail(config, log);
  while (!signal.aborted) {
    const startedMs = clock.monotonicMs();
    const failure = await tail.refresh().then(() => undefined, formatReason);
    report(context, failure, lastFailure);
    lastFailure = failure;
    const tookMs = clock.monotonicMs() - startedMs;
    const nowMs = clock.nowUs() / 1000;
    const restMs = planRest({ nowMs, tookMs, intervalMs, writtenMs });
    await sleep(restMs, undefined, { signal }).catch(() => {});
  }
  tail.close();
  log.info('live: stopped');
  return 0;
};

type Rest = {
  nowMs: number;
  /** How long the refresh took. */
  tookMs: number;
  intervalMs: number;
  /** How long after the end of a second the collector has written it. */
  writtenMs: number;
};

/**
 * How long to wait for the next refresh: until a second has ended and is written, so that its bar is shown at once.
 * After one that took long others have their turn first, but a slow one must not double its delay.
 */
export function planRest({ nowMs, tookMs, intervalMs, writtenMs }: Rest): number {
  const due = nowMs + intervalMs - tookMs;
  const isWhole = intervalMs % 1000 === 0;
  const next = isWhole ? Math.round((due - writtenMs) / 1000) * 1000 + writtenMs : due;
  return Math.max(next - nowMs, Math.min(tookMs, intervalMs));
}

function report({ log }: ModeContext, failure: string | undefined, last: string | undefined): void {
  if (failure === last) return;
  if (failure === undefined) log.info('live: it goes on');
  else log.warn(`live: ${failure}; it is tried again`);
}
