// Runs the services of a lake and its heartbeat until told to stop, until a child finds the
// configuration wrong, or until failures become a cascade. Then everything is stopped: first what is
// to run always, so that the collector seals its parts, then the rest.

import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { ConfigError } from '../lake/errors.ts';
import type { ProcessLog } from '../lake/log.ts';
import type { ReloadHandler } from '../lake/reload.ts';
import { openHeartbeat } from '../tools/health/heartbeat-writer.ts';
import type { PastCascade, ServiceReport } from '../tools/health/service-report.ts';
import { type Failure, findCascade, keepRecent } from './cascade.ts';
import { watchDisk } from './disk-watch.ts';
import { type ServiceContext, SupervisedService } from './service.ts';
import type { Service } from './service-table.ts';
import type { SupervisionLimits } from './supervision.ts';

export type Supervision = {
  config: Config;
  configPath: string | undefined;
  planServices(config: Config): readonly Service[];
  /** Started as `program --mode NAME --root ROOT [--config FILE]`. */
  program: string;
  limits: SupervisionLimits;
  log: ProcessLog;
  clock: Clock;
  random: () => number;
  /** How long a service waits before its first run. */
  findStartWaitMs(service: string): number;
  /** The last cascade of this lake. */
  pastCascade: PastCascade | undefined;
  onReload(handler: ReloadHandler): void;
  /** Tells of a cascade, which has just begun. Does not fail. */
  reportCascade(why: string, services: readonly ServiceReport[]): Promise<void>;
  /** Stops everything when aborted. */
  signal: AbortSignal;
};

/** How it ended: as asked, or why there was a cascade. */
export type SupervisionEnd = { cascade: string | undefined; failed: readonly string[] };

/** Throws ConfigError where a child finds the configuration wrong. */
export async function supervise(supervision: Supervision): Promise<SupervisionEnd> {
  const { config, signal, log, clock } = supervision;
  const ending = new AbortController();
  const refusing: string[] = [];
  const supervised: SupervisedService[] = [];
  let failures: Failure[] = [];
  let cascade: string | undefined;
  let pastCascade = supervision.pastCascade;
  const heartbeat = openHeartbeat({
    config,
    log,
    clock,
    listServices: () => supervised.map((service) => service.report()),
    findCascade: () => pastCascade,
  });
  const context: ServiceContext = {
    ...supervision,
    formatArgs: ({ name }) => formatArgs(name, config.root, supervision.configPath),
    onChange: heartbeat.renew,
    onSuccess({ name }) {
      for (const next of supervised) if (next.occasions?.after === name) next.trigger();
    },
    onFailure({ name }) {
      const nowMs = clock.monotonicMs();
      failures = keepRecent([...failures, { service: name, atMs: nowMs }], nowMs);
      cascade ??= findCascade(failures, nowMs);
      if (cascade !== undefined) ending.abort();
    },
    onConfigurationWrong({ name }) {
      refusing.push(name);
      ending.abort();
    },
  };
  let current = config;
  const disk = watchDisk({
    root: config.root,
    clock,
    log,
    readAlertPercent: () => current.cleanup.disk_alert_percent,
    onNearlyFull() {
      for (const service of supervised) if (service.occasions?.onFullDisk) service.trigger();
    },
  });

  async function adopt(next: Config): Promise<void> {
    if (ending.signal.aborted || signal.aborted) return;
    if (next.root !== config.root) log.warn('root has changed: that takes a restart');
    current = next;
    heartbeat.adopt(next);
    await arrange(supervised, supervision.planServices(next), context);
  }

  for (const service of supervision.planServices(config)) {
    const added = new SupervisedService(service, context);
    supervised.push(added);
    added.start(supervision.findStartWaitMs(service.name));
  }
  supervision.onReload(adopt);
  await untilAborted(AbortSignal.any([signal, ending.signal]));
  disk.stop();
  if (cascade !== undefined) {
    pastCascade = { why: cascade, atMs: clock.nowUs() / 1000, isNow: true };
    heartbeat.renew();
    await supervision.reportCascade(
      cascade,
      supervised.map((service) => service.report()),
    );
  }
  log.info('stop all services');
  await stopInOrder(supervised);
  await heartbeat.close();
  if (refusing.length > 0) {
    throw new ConfigError(
      refusing.map((name) => `${name} refuses to start; its problems are above`),
    );
  }
  return { cascade, failed: [...new Set(failures.map(({ service }) => service))] };
}

/** Brings the services in line with a new plan. */
async function arrange(
  supervised: SupervisedService[],
  plan: readonly Service[],
  context: ServiceContext,
): Promise<void> {
  for (const service of plan) {
    const known = supervised.find(({ name }) => name === service.name);
    if (known !== undefined) {
      known.change(service);
      continue;
    }
    const added = new SupervisedService(service, context);
    supervised.push(added);
    added.start(0);
  }
  const gone = supervised.filter(({ name }) => plan.every((service) => service.name !== name));
  for (const service of gone) supervised.splice(supervised.indexOf(service), 1);
  await Promise.all(gone.map((service) => service.stop()));
  context.onChange();
}

async function stopInOrder(supervised: readonly SupervisedService[]): Promise<void> {
  for (const service of supervised) service.retire();
  for (const isLongRunning of [true, false]) {
    const next = supervised.filter((service) => service.isLongRunning === isLongRunning);
    await Promise.all(next.map((service) => service.stop()));
  }
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
