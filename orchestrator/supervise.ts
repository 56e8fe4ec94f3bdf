// Runs the services of a lake and its heartbeat until told to stop, until a child finds the
// configuration wrong, or until failures become a cascade. Then everything is stopped: first what is
// to run always, so that the collector seals its parts, then the rest.

import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { ConfigError } from '../lake/errors.ts';
import type { ProcessLog } from '../lake/log.ts';
import type { ReloadHandler } from '../lake/reload.ts';
import type { Alerts } from '../tools/alerting/alerts.ts';
import { openAlerts } from '../tools/alerting/open-alerts.ts';
import { type HeartbeatWriter, openHeartbeat } from '../tools/health/heartbeat-writer.ts';
import type { PastCascade, ServiceReport } from '../tools/health/service-report.ts';
import { type Failure, findCascade, keepRecent } from './cascade.ts';
import { watchDisk } from './disk-watch.ts';
import { type ServiceContext, SupervisedService } from './service.ts';
import type { Occasions, Service } from './service-table.ts';
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
  /** Runs of the lake within the last hour that nobody asked to end. */
  countBadEnds(): number;
  onReload(handler: ReloadHandler): void;
  /** Tells of a cascade, which has just begun. Does not fail. */
  reportCascade(why: string, services: readonly ServiceReport[]): Promise<void>;
  /** Stops everything when aborted. */
  signal: AbortSignal;
};

/** How it ended: as asked, or why there was a cascade. */
export type SupervisionEnd = { cascade: string | undefined; failed: readonly string[] };

/** A stop waits for so long that the last alerts arrive. */
const alertsWithinMs = 5000;

/** Throws ConfigError where a child finds the configuration wrong. */
export async function supervise(supervision: Supervision): Promise<SupervisionEnd> {
  const run = new SupervisedRun(supervision);
  run.start();
  await untilAborted(AbortSignal.any([supervision.signal, run.ending]));
  return run.end();
}

class SupervisedRun {
  readonly #supervision: Supervision;
  readonly #context: ServiceContext;
  readonly #services: SupervisedService[] = [];
  readonly #heartbeat: HeartbeatWriter;
  readonly #alerts: Alerts;
  readonly #disk: { stop(): void };
  readonly #ending = new AbortController();
  readonly #refusing: string[] = [];
  #config: Config;
  /** What is stopped on purpose is no news. */
  #isQuiet = false;
  #failures: Failure[] = [];
  #cascade: string | undefined;
  #pastCascade: PastCascade | undefined;

  constructor(supervision: Supervision) {
    const { config, clock, log, pastCascade, countBadEnds } = supervision;
    this.#supervision = supervision;
    this.#config = config;
    this.#pastCascade = pastCascade;
    this.#alerts = openAlerts(supervision);
    this.#heartbeat = openHeartbeat({
      config,
      log,
      clock,
      listServices: () => this.#report(),
      findCascade: () => this.#pastCascade,
      countBadEnds,
      findAlertTrouble: () => this.#alerts.trouble,
      onHeartbeat: ({ problems }) => {
        if (!this.#isQuiet) this.#alerts.observe(problems);
      },
    });
    this.#context = {
      ...supervision,
      formatArgs: ({ name }) => formatArgs(name, config.root, supervision.configPath),
      onChange: this.#heartbeat.renew,
      onSuccess: ({ name }) => this.#trigger((occasions) => occasions.after === name),
      onFailure: ({ name }) => this.#countFailure(name),
      onConfigurationWrong: ({ name }) => {
        this.#refusing.push(name);
        this.#ending.abort();
      },
    };
    this.#disk = watchDisk({
      root: config.root,
      clock,
      log,
      readAlertPercent: () => this.#config.cleanup.disk_alert_percent,
      onNearlyFull: () => this.#trigger((occasions) => occasions.onFullDisk === true),
    });
  }

  /** Aborted when the run has to end by itself. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  start(): void {
    const { planServices, findStartWaitMs, onReload } = this.#supervision;
    for (const service of planServices(this.#config)) {
      this.#add(service, findStartWaitMs(service.name));
    }
    onReload((config) => this.#adopt(config));
  }

  /** Stops everything. */
  async end(): Promise<SupervisionEnd> {
    this.#disk.stop();
    if (this.#cascade !== undefined) await this.#tellCascade(this.#cascade);
    else this.#isQuiet = true;
    this.#supervision.log.info('stop all services');
    await stopInOrder(this.#services);
    const isAsked = this.#cascade === undefined && this.#refusing.length === 0;
    await this.#heartbeat.close(isAsked);
    await this.#alerts.close(alertsWithinMs);
    if (this.#refusing.length > 0) {
      throw new ConfigError(
        this.#refusing.map((name) => `${name} refuses to start; its problems are above`),
      );
    }
    const failed = [...new Set(this.#failures.map(({ service }) => service))];
    return { cascade: this.#cascade, failed };
  }

  #add(service: Service, waitMs: number): void {
    const added = new SupervisedService(service, this.#context);
    this.#services.push(added);
    added.start(waitMs);
  }

  #report(): ServiceReport[] {
    return this.#services.map((service) => service.report());
  }

  #trigger(isWanted: (occasions: Occasions) => boolean): void {
    for (const service of this.#services) {
      if (service.occasions !== undefined && isWanted(service.occasions)) service.trigger();
    }
  }

  #countFailure(service: string): void {
    const atMs = this.#supervision.clock.monotonicMs();
    this.#failures = keepRecent([...this.#failures, { service, atMs }], atMs);
    this.#cascade ??= findCascade(this.#failures, atMs);
    if (this.#cascade !== undefined) this.#ending.abort();
  }

  async #tellCascade(why: string): Promise<void> {
    const { clock, reportCascade } = this.#supervision;
    this.#pastCascade = { why, atMs: clock.nowUs() / 1000, isNow: true };
    this.#heartbeat.renew();
    await reportCascade(why, this.#report());
  }

  /** Brings times and services in line with a new configuration. */
  async #adopt(config: Config): Promise<void> {
    const { planServices, log, signal } = this.#supervision;
    if (this.#ending.signal.aborted || signal.aborted) return;
    if (config.root !== this.#config.root) log.warn('root has changed: that takes a restart');
    this.#config = config;
    this.#heartbeat.adopt(config);
    this.#alerts.adopt(config);
    const plan = planServices(config);
    const gone = this.#services.filter(({ name }) => plan.every((next) => next.name !== name));
    for (const service of gone) this.#services.splice(this.#services.indexOf(service), 1);
    for (const next of plan) {
      const known = this.#services.find(({ name }) => name === next.name);
      if (known === undefined) this.#add(next, 0);
      else known.change(next);
    }
    await Promise.all(gone.map((service) => service.stop()));
    this.#heartbeat.renew();
  }
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
