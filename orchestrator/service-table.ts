// The services the orchestrator runs: which modes, and when. One line each; what a mode does is none of
// the orchestrator's business. Holds no effects.

import type { Config } from '../lake/config.ts';
import type { Schedule } from './schedule.ts';

export type Service = {
  /** Name in log and heartbeat, and the mode that is started. */
  name: string;
  /** Runs until stopped and is restarted when it ends; or runs at times, once at the start as well. */
  runs: 'always' | Schedule;
};

export function planServices(config: Config, options: { isTest: boolean }): Service[] {
  const transformMinutes = options.isTest ? 2 : config.transformer.interval_minutes;
  return [
    { name: 'collect', runs: 'always' },
    { name: 'transform', runs: { everyMs: transformMinutes * 60_000 } },
  ];
}
