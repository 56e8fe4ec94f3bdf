// The services the orchestrator runs: which modes, and when. One line each; what a mode does is none of
// the orchestrator's business. Holds no effects.

import type { Config } from '../lake/config.ts';
import type { Schedule } from './schedule.ts';

/** When a service runs that ends by itself. Never twice at the same time. */
export type Occasions = {
  /** When the orchestrator starts. */
  atStart?: boolean;
  schedules: readonly Schedule[];
  /** After every good run of that service. */
  after?: string;
  /** While the disk is nearly full, every few minutes. */
  onFullDisk?: boolean;
};

export type Service = {
  /** Name in log and heartbeat, and the mode that is started. */
  name: string;
  /** Runs until stopped and is restarted when it ends; or runs on occasions. */
  runs: 'always' | Occasions;
};

export function planServices(config: Config, options: { isTest: boolean }): Service[] {
  const transformMinutes = options.isTest ? 2 : config.transformer.interval_minutes;
  const { reconcile, fill, cleanup } = config;
  const every = (minutes: number): Schedule => ({ everyMs: minutes * 60_000 });
  return [
    { name: 'collect', runs: 'always' },
    { name: 'transform', runs: { atStart: true, schedules: [every(transformMinutes)] } },
    { name: 'backfill', runs: { after: 'transform', schedules: [{ cron: fill.schedule }] } },
    ...(reconcile.enabled
      ? [{ name: 'reconcile', runs: { schedules: [every(reconcile.interval_minutes)] } }]
      : []),
    { name: 'cleanup', runs: { onFullDisk: true, schedules: [{ cron: cleanup.schedule }] } },
  ];
}
