// One supervised service. A long-running one is started and restarted until it is stopped; a scheduled
// one is started when due, never twice at the same time. Whatever happens to it is logged here, once.

import type { Clock } from '../lake/clock.ts';
import type { ProcessLog } from '../lake/log.ts';
import type { ServiceReport } from '../tools/health/service-report.ts';
import { type Child, startChild } from './child.ts';
import { startSchedule } from './schedule.ts';
import type { Service } from './service-table.ts';
import {
  type Exit,
  formatExit,
  isConfigurationWrong,
  planRestart,
  type SupervisionLimits,
} from './supervision.ts';

export type ServiceContext = {
  /** The program to start, and its arguments for a service. */
  program: string;
  formatArgs(service: Service): string[];
  log: ProcessLog;
  clock: Clock;
  random: () => number;
  limits: SupervisionLimits;
  /** A service has started or ended. */
  onChange(): void;
  /** A child has said that the configuration is wrong. */
  onConfigurationWrong(service: Service): void;
};

const hourMs = 3_600_000;

export class SupervisedService {
  readonly #service: Service;
  readonly #context: ServiceContext;
  readonly #sinceMs: number;
  #child: Child | undefined;
  #schedule: { stop(): void } | undefined;
  #restartTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  /** Restarts in a row. */
  #attempts = 0;
  #restarts = 0;
  #recentRestartsMs: number[] = [];
  #startedAtMs: number | null = null;
  #lastExit: ServiceReport['lastExit'] = null;

  constructor(service: Service, context: ServiceContext) {
    this.#service = service;
    this.#context = context;
    this.#sinceMs = this.#readNowMs();
  }

  /** Starts the first run, and the schedule where there is one. */
  start(): void {
    const { runs } = this.#service;
    this.#run();
    if (runs === 'always') return;
    this.#schedule = startSchedule(runs, this.#context.clock, () => this.#runUnlessRunning());
  }

  /** Resolves when no process of the service is left. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#schedule?.stop();
    clearTimeout(this.#restartTimer);
    await this.#child?.stop(this.#context.limits.stopWithinMs);
  }

  report(): ServiceReport {
    const { name, runs } = this.#service;
    return {
      name,
      isLongRunning: runs === 'always',
      state: this.#findState(),
      pid: this.#child?.pid ?? null,
      startedAtMs: this.#startedAtMs,
      restarts: this.#restarts,
      restartsLastHour: this.#listRecentRestarts().length,
      lastExit: this.#lastExit,
      interval:
        runs !== 'always' && 'everyMs' in runs
          ? { ms: runs.everyMs, sinceMs: this.#sinceMs }
          : null,
    };
  }

  #run(): void {
    const { program, formatArgs, log, clock, onChange } = this.#context;
    const { name } = this.#service;
    log.info(`start ${name}`);
    this.#startedAtMs = this.#readNowMs();
    this.#child = startChild({ name, program, args: formatArgs(this.#service), log, clock });
    void this.#child.ended.then((exit) => this.#onEnd(exit));
    onChange();
  }

  #runUnlessRunning(): void {
    const { name } = this.#service;
    if (this.#child === undefined) this.#run();
    else this.#context.log.warn(`${name} is due, but still running: this run is skipped`);
  }

  #onEnd(exit: Exit): void {
    const { log, onChange, onConfigurationWrong } = this.#context;
    const { name, runs } = this.#service;
    const isGood = exit.code === 0 && (runs !== 'always' || this.#isStopping);
    const what = formatExit(exit);
    this.#child = undefined;
    this.#lastExit = { isGood, what, atMs: this.#readNowMs() };
    if (isConfigurationWrong(exit)) onConfigurationWrong(this.#service);
    else if (isGood || this.#isStopping) log.info(`${name} ${what}`);
    else if (runs === 'always') this.#scheduleRestart(exit, what);
    else log.error(`${name} ${what}; it runs again when next due`);
    onChange();
  }

  #scheduleRestart(exit: Exit, what: string): void {
    const { log, limits, random, clock } = this.#context;
    const { attempt, afterMs, level } = planRestart(exit, this.#attempts, limits, random);
    const wait = `restart ${attempt} in a row in ${(afterMs / 1000).toFixed(1)} s`;
    log[level](`${this.#service.name} ${what}; ${wait}`);
    this.#attempts = attempt;
    this.#restartTimer = setTimeout(() => {
      this.#restarts++;
      this.#recentRestartsMs = [...this.#listRecentRestarts(), clock.monotonicMs()];
      this.#run();
    }, afterMs);
  }

  #listRecentRestarts(): number[] {
    const nowMs = this.#context.clock.monotonicMs();
    return this.#recentRestartsMs.filter((ms) => ms > nowMs - hourMs);
  }

  #findState(): ServiceReport['state'] {
    if (this.#child !== undefined) return 'running';
    if (this.#isStopping) return 'stopped';
    return this.#service.runs === 'always' ? 'waiting' : 'idle';
  }

  #readNowMs(): number {
    return this.#context.clock.nowUs() / 1000;
  }
}
