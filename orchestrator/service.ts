// One supervised service. A long-running one is started and restarted until it is stopped; another is
// started on its occasions, never twice at the same time. Whatever happens to it is logged here, once.

import type { Clock } from '../lake/clock.ts';
import type { ProcessLog } from '../lake/log.ts';
import type { ServiceReport } from '../tools/health/service-report.ts';
import { isFailure } from './cascade.ts';
import { type Child, startChild } from './child.ts';
import { ErrorTail } from './error-tail.ts';
import { startSchedule } from './schedule.ts';
import type { Occasions, Service } from './service-table.ts';
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
  /** A run has ended as it should. */
  onSuccess(service: Service): void;
  /** It has failed, other than at what it works on. */
  onFailure(service: Service): void;
  /** A child has said that the configuration is wrong. */
  onConfigurationWrong(service: Service): void;
};

const hourMs = 3_600_000;

export class SupervisedService {
  #service: Service;
  readonly #context: ServiceContext;
  #sinceMs: number;
  readonly #errors = new ErrorTail();
  #child: Child | undefined;
  #schedules: { stop(): void }[] = [];
  #startTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #isWantedAgain = false;
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

  get name(): string {
    return this.#service.name;
  }

  get isLongRunning(): boolean {
    return this.#service.runs === 'always';
  }

  /** Undefined for a service that runs always. */
  get occasions(): Occasions | undefined {
    return this.#service.runs === 'always' ? undefined : this.#service.runs;
  }

  /** Starts the first run, where there is one at the start, and the schedules. */
  start(afterMs: number): void {
    if (this.isLongRunning || this.occasions?.atStart === true) {
      if (afterMs === 0) this.#run();
      else this.#startTimer = setTimeout(() => this.#runFirst(), afterMs);
    }
    this.#startSchedules();
  }

  /** Takes other times to run at, or has a process that runs always read its configuration again. */
  change(service: Service): void {
    const isSame = JSON.stringify(service) === JSON.stringify(this.#service);
    this.#service = service;
    if (this.isLongRunning) this.#child?.reload();
    if (isSame || this.isLongRunning) return;
    for (const schedule of this.#schedules) schedule.stop();
    this.#sinceMs = this.#readNowMs();
    this.#startSchedules();
  }

  /** Runs now or, where a run is under way, once more after it, for what came too late for that. */
  trigger(): void {
    if (this.#child === undefined) this.#run();
    else this.#isWantedAgain = true;
  }

  /** Starts nothing any more. */
  retire(): void {
    this.#isStopping = true;
    for (const schedule of this.#schedules) schedule.stop();
    clearTimeout(this.#startTimer);
  }

  /** Resolves when no process of the service is left. */
  async stop(): Promise<void> {
    this.retire();
    await this.#child?.stop(this.#context.limits.stopWithinMs);
  }

  report(): ServiceReport {
    const schedules = this.occasions?.schedules ?? [];
    const every = schedules.find((schedule) => 'everyMs' in schedule);
    return {
      name: this.name,
      isLongRunning: this.isLongRunning,
      isAside: this.#service.isAside === true,
      state: this.#findState(),
      pid: this.#child?.pid ?? null,
      startedAtMs: this.#startedAtMs,
      restarts: this.#restarts,
      restartsLastHour: this.#listRecentRestarts().length,
      lastExit: this.#lastExit,
      lastErrors: this.#errors.lines,
      interval: every === undefined ? null : { ms: every.everyMs, sinceMs: this.#sinceMs },
    };
  }

  #startSchedules(): void {
    this.#schedules = (this.occasions?.schedules ?? []).map((schedule) =>
      startSchedule(schedule, this.#context.clock, () => this.#runUnlessRunning()),
    );
  }

  #run(): void {
    if (this.#isStopping) return;
    clearTimeout(this.#startTimer);
    const { formatArgs, log, onChange } = this.#context;
    const { name } = this;
    log.info(`start ${name}`);
    this.#startedAtMs = this.#readNowMs();
    const args = formatArgs(this.#service);
    const { nodeArgs = [] } = this.#service;
    this.#child = startChild({ ...this.#context, name, args, nodeArgs, errors: this.#errors });
    void this.#child.ended.then((exit) => this.#onEnd(exit));
    onChange();
  }

  /** Unless something has started it meanwhile. */
  #runFirst(): void {
    if (this.#child === undefined) this.#run();
  }

  #runUnlessRunning(): void {
    if (this.#child === undefined) this.#run();
    else this.#context.log.info(`${this.name} is due, but still running: this run is skipped`);
  }

  #onEnd(exit: Exit): void {
    const { log, onChange, onSuccess, onFailure, onConfigurationWrong } = this.#context;
    const { name, isLongRunning } = this;
    const isGood = exit.code === 0 && (!isLongRunning || this.#isStopping);
    const what = formatExit(exit);
    this.#child = undefined;
    this.#lastExit = { isGood, what, atMs: this.#readNowMs() };
    if (isConfigurationWrong(exit)) onConfigurationWrong(this.#service);
    else if (isGood || this.#isStopping) log.info(`${name} ${what}`);
    else if (isLongRunning) this.#scheduleRestart(exit, what);
    else this.#planNextTry(what);
    onChange();
    if (this.#isStopping || isConfigurationWrong(exit)) return;
    if (isGood) onSuccess(this.#service);
    const { isAside = false } = this.#service;
    if (isFailure(exit, isLongRunning) && !isAside) onFailure(this.#service);
    if (!this.#isWantedAgain) return;
    this.#isWantedAgain = false;
    this.#run();
  }

  /** A job that failed may try again before it is due, unless something has it run anyway. */
  #planNextTry(what: string): void {
    const retryMs = this.occasions?.retryMs;
    const next = retryMs === undefined ? 'when next due' : `in ${retryMs / 60_000} min`;
    this.#context.log.error(`${this.name} ${what}; it runs again ${next}`);
    if (retryMs !== undefined) this.#startTimer = setTimeout(() => this.#runFirst(), retryMs);
  }

  #scheduleRestart(exit: Exit, what: string): void {
    const { log, limits, random, clock } = this.#context;
    const { attempt, afterMs, level } = planRestart(exit, this.#attempts, limits, random);
    const wait = `restart ${attempt} in a row in ${(afterMs / 1000).toFixed(1)} s`;
    log[level](`${this.name} ${what}; ${wait}`);
    this.#attempts = attempt;
    this.#startTimer = setTimeout(() => {
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
    return this.isLongRunning ? 'waiting' : 'idle';
  }

  #readNowMs(): number {
    return this.#context.clock.nowUs() / 1000;
  }
}
