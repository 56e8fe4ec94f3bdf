// The mode `orchestrate`: holds the lock of the lake, starts every service of the table, and writes the
// heartbeat, until it is told to stop or a child finds the configuration wrong. Then it stops them all.

import { join } from 'node:path';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { findIdleKeys } from '../lake/config-idle.ts';
import { ConfigError } from '../lake/errors.ts';
import { takeLock } from '../lake/lock.ts';
import type { ProcessLog } from '../lake/log.ts';
import type { RunMode } from '../lake/mode.ts';
import { openHeartbeat } from '../tools/health/heartbeat-writer.ts';
import { SupervisedService } from './service.ts';
import { planServices, type Service } from './service-table.ts';
import { defaultLimits, type SupervisionLimits } from './supervision.ts';

export const runOrchestrate: RunMode = async (context) => {
  const { config, configPath, options, log, clock, signal } = context;
  for (const key of findIdleKeys(config)) log.warn(`${key} is set, but has no effect yet`);
  const lock = await takeLock(config.root, 'orchestrate');
  try {
    await supervise({
      config,
      configPath,
      services: planServices(config, { isTest: options.test === true }),
      program: join(import.meta.dirname, '..', 'main.ts'),
      limits: defaultLimits,
      log,
      clock,
      random: Math.random,
      signal,
    });
  } finally {
    await lock.release();
  }
  return 0;
};

export type Supervision = {
  config: Config;
  configPath: string | undefined;
  services: readonly Service[];
  /** Started as `program --mode NAME --root ROOT [--config FILE]`. */
  program: string;
  limits: SupervisionLimits;
  log: ProcessLog;
  clock: Clock;
  random: () => number;
  /** Stops everything when aborted. */
  signal: AbortSignal;
};

/** Runs the services until `signal`. Throws ConfigError where a child finds the configuration wrong. */
export async function supervise(supervision: Supervision): Promise<void> {
  const { config, configPath, services, signal, log } = supervision;
  const refused = new AbortController();
  const refusing: string[] = [];
  const supervised: SupervisedService[] = [];
  const heartbeat = openHeartbeat({
    config,
    log,
    clock: supervision.clock,
    listServices: () => supervised.map((service) => service.report()),
  });
  for (const service of services) {
    supervised.push(
      new SupervisedService(service, {
        ...supervision,
        formatArgs: ({ name }) => formatArgs(name, config.root, configPath),
        onChange: heartbeat.renew,
        onConfigurationWrong({ name }) {
          refusing.push(name);
          refused.abort();
        },
      }),
    );
  }
  for (const service of supervised) service.start();
  await untilAborted(AbortSignal.any([signal, refused.signal]));
  log.info('stop all services');
  await Promise.all(supervised.map((service) => service.stop()));
  await heartbeat.close();
  if (refusing.length === 0) return;
  throw new ConfigError(refusing.map((name) => `${name} refuses to start; its problems are above`));
}

function formatArgs(mode: string, root: string, configPath: string | undefined): string[] {
  const config = configPath === undefined ? [] : ['--config', configPath];
  return ['--mode', mode, '--root', root, ...config];
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
