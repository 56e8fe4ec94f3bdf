// The collector as a whole: it takes the lake's lock, puts in order what a crash left, and then runs
// store and feeds, driven by one timer, until it is stopped.

import { planStreams, type VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { formatReason } from '../lake/errors.ts';
import { takeLock } from '../lake/lock.ts';
import type { Log } from '../lake/log.ts';
import { type CollectStatus, writeStatus } from '../lake/status.ts';
import { CatchUp, findClockOffsetMs } from './catch-up.ts';
import type { Connect } from './connection.ts';
import { Feeds } from './feeds.ts';
import { type OpenPartFile, openPartFile } from './part-file.ts';
import { recoverParts } from './recovery.ts';
import { Reports } from './reports.ts';
import { connectSocket } from './socket.ts';
import { findProblems, formatConnections } from './status.ts';
import { Store } from './store.ts';
import type { Rates } from './stream-watch.ts';

export type CollectorOptions = {
  config: Config;
  log: Log;
  clock: Clock;
  /** Gives [0, 1). */
  random: () => number;
  connect?: Connect;
  openFile?: OpenPartFile;
};

export type Collector = {
  /** Resolves when the exchange has answered for every stream. */
  ready: Promise<void>;
  status(): CollectStatus;
  /** Closes the connections, seals every part, gives the lock back. Rejects where that failed. */
  stop(): Promise<void>;
};

const maxTickMs = 100;
/** Flushes per `flush_milliseconds`: what is received waits for a quarter of it at most. */
const flushesPerPeriod = 4;
const statusEveryMs = 10_000;

/** Starts collecting. Throws ConfigError, or OperationalError where the lake is held by another. */
export async function openCollector(options: CollectorOptions): Promise<Collector> {
  const { config, log } = options;
  const plans = planStreams(config);
  const lock = await takeLock(config.root, 'collect');
  try {
    await recoverParts({ root: config.root, compression: config.collector.compress, log });
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
  const run = new CollectorRun(options, plans);
  try {
    await run.start();
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
  return {
    ready: run.ready,
    status: () => run.status(),
    stop: () => run.stop().finally(() => lock.release()),
  };
}

class CollectorRun {
  readonly ready: Promise<void>;
  readonly #options: CollectorOptions;
  readonly #store: Store;
  readonly #feeds: Feeds;
  readonly #reports: Reports;
  /** One for each venue. */
  readonly #catchUps: readonly CatchUp[];
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #ticksPerFlush: number;
  #ticks = 0;
  #statusAtMs = 0;
  #statusWritten: Promise<void> = Promise.resolve();

  constructor(options: CollectorOptions, plans: readonly VenuePlan[]) {
    const { config, log, clock } = options;
    const nowMs = clock.monotonicMs();
    this.#options = options;
    this.#store = new Store(plans, {
      ...options,
      openFile: options.openFile ?? openPartFile,
      onGate: (isClosed) => {
        for (const feed of this.#feeds.all) isClosed ? feed.pause() : feed.resume();
      },
    });
    this.#feeds = this.#openFeeds();
    this.#feeds.apply(plans, config.collector.redundancy);
    this.ready = Promise.all(this.#feeds.all.map((feed) => feed.ready)).then(() => undefined);
    this.#reports = new Reports(this.#store.recorders, log, nowMs);
    this.#statusAtMs = nowMs;
    const flushEveryMs = config.collector.flush_milliseconds / flushesPerPeriod;
    const tickMs = Math.min(maxTickMs, Math.max(1, flushEveryMs));
    this.#ticksPerFlush = Math.max(1, Math.floor(flushEveryMs / tickMs));
    this.#tickMs = tickMs;
    this.#catchUps = plans.map((plan) => this.#openCatchUp(plan));
  }

  /** Takes up what an earlier run has left, and begins. */
  async start(): Promise<void> {
    await this.#store.restore();
    this.#timer = setInterval(() => this.#tick(), this.#tickMs);
  }

  status(): CollectStatus {
    const { clock } = this.#options;
    const now = { us: clock.nowUs(), ms: clock.monotonicMs() };
    return {
      updated_at: new Date(now.us / 1000).toISOString(),
      pid: process.pid,
      connections: this.#feeds.all.flatMap(formatConnections),
      ...this.#reports.format(now.us, now.ms, findClockOffsetMs(this.#catchUps, now.ms)),
      fills: this.#catchUps.map((catchUp) => catchUp.status()),
      problems: findProblems(this.#feeds.all, this.#store.troubles, this.#store.closedSinceMs, now),
    };
  }

  async stop(): Promise<void> {
    await this.#feeds.stop();
    clearInterval(this.#timer);
    await Promise.all(this.#catchUps.map((catchUp) => catchUp.stop()));
    await this.#store.finish();
    await this.#statusWritten;
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (++this.#ticks % this.#ticksPerFlush === 0) this.#store.flush();
    this.#feeds.tick(nowMs);
    for (const catchUp of this.#catchUps) catchUp.tick(nowMs);
    this.#store.rotateWhenDue(nowMs);
    this.#reports.tick(nowMs);
    if (nowMs < this.#statusAtMs) return;
    this.#statusAtMs = nowMs + statusEveryMs;
    this.#statusWritten = this.#statusWritten.then(() => this.#writeStatus());
  }

  /** A status that cannot be written is stale for whoever reads it; collecting goes on. */
  async #writeStatus(): Promise<void> {
    try {
      await writeStatus(this.#options.config.root, 'collect', this.status());
    } catch (thrown) {
      this.#options.log.warn(`write status collect: ${formatReason(thrown)}`);
    }
  }

  #openCatchUp(plan: VenuePlan): CatchUp {
    const { name } = plan.exchange;
    const listRecorders = () =>
      this.#store.recorders.filter(({ instrument }) => instrument.exchange === name);
    return new CatchUp({ ...this.#options, plan, listRecorders });
  }

  #openFeeds(): Feeds {
    const { clock, log, random, connect = connectSocket } = this.#options;
    const rates = new Map<string, Rates>();
    return new Feeds({
      clock,
      log,
      random,
      connect,
      isPaused: () => this.#store.closedSinceMs !== undefined,
      findRates(exchange) {
        const known = rates.get(exchange) ?? new Map();
        rates.set(exchange, known);
        return known;
      },
      findRecorder: (exchange, symbol) => this.#store.findRecorder(exchange, symbol)!,
      onSuspect: () => {},
    });
  }
}
