// The alerts of a lake as its orchestrator runs them: with the real network, and the state in its place.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { alertStatePath } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { readVersion } from '../../lake/version.ts';
import { Alerts } from './alerts.ts';
import type { Sender } from './message.ts';
import { postMessage } from './post.ts';

export type OpenAlertsOptions = {
  config: Config;
  log: Log;
  clock: Clock;
  /** Gives [0, 1). */
  random: () => number;
};

export function openAlerts({ config, log, clock, random }: OpenAlertsOptions): Alerts {
  return new Alerts({
    path: alertStatePath(config.root),
    config,
    log,
    sender: describeSender(config),
    post: postMessage,
    random,
    newId: randomUUID,
    readNowMs: () => clock.nowUs() / 1000,
  });
}

/** Who speaks in a message. */
export function describeSender({ root }: Config): Sender {
  return { root, host: hostname(), version: readVersion() };
}
