// The collector as a whole: it takes the lake's lock, puts in order what a crash left, and then runs
// store and feeds, driven by one timer, until it is stopped.

import type { Exchange, Stream } from '../exchanges/exchange.ts';
import { planStreams, type VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { ConfigError, formatReason } from '../lake/errors.ts';
import { takeLock } from '../lake/lock.ts';
import type { Log } from '../lake/log.ts';
import { type CollectStatus, writeStatus } from '../lake/status.ts';
import { CatchUp, findClockOffsetMs } from './catch-up.ts';
import type { Connect } from './connection.ts';
import { Feeds } from './feeds.ts';
import { type OpenPartFile, openPartFile } from './part-file.ts';
import { RateBook } from './rate-book.ts';
import type { Recorder } from './recorder.ts';
import { recoverParts } from './recovery.ts';
import { findRestartKeys, findSymbolChanges } from './reload.ts';
import { Reports } from './reports.ts';
import { connectSocket } from './socket.ts';
import { findProblems, formatConnections, type Refusal } from './status.ts';
import { Store } from './store.ts';

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
  /**
   * Collects by another configuration from now on. What stays is not interrupted. Throws ConfigError
   * where the configuration names what there is not, and changes nothing then.
   */
  reload(config: Config): Promise<void>;
  /** A configuration was refused; the status says so until another one is taken. */
  refuse(problems: readonly string[]): void;
  /** Closes the connections, seals every part, gives the lock back. Rejects where that failed. */
  stop(): Promise<void>;
};

const maxTickMs = 100;
/** Flushes per `flush_milliseconds`: what is received waits for a quarter of it at most. */
const flushesPerPeriod = 4;
const statusEveryMs = 10_000;
/** The learnt rates are kept once in so many statuses. */
const statusesPerSave = 6;

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
  const run = new CollectorRun(options);
  try {
    await run.start(plans);
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
  return {
    ready: run.ready,
    status: () => run.status(),
    reload: (next) => run.reload(next),
    refuse: (problems) => run.refuse(problems),
    stop: () => run.stop().finally(() => lock.release()),
  };
}

class CollectorRun {
  ready: Promise<void> = Promise.resolve();
  readonly #options: CollectorOptions;
  #config: Config;
  readonly #rates: RateBook;
  readonly #store: Store;
  readonly #feeds: Feeds;
  readonly #reports: Reports;
  /** One for each venue. */
  #catchUps: readonly CatchUp[] = [];
  readonly #tickMs: number;
  #timer: NodeJS.Timeout | undefined;
  readonly #ticksPerFlush: number;
  #ticks = 0;
  #statusAtMs = 0;
  #statuses = 0;
  #statusWritten: Promise<void> = Promise.resolve();
  #plans: readonly VenuePlan[] = [];
  #refusal: Refusal | undefined;

  constructor(options: CollectorOptions) {
    const { config, log, clock } = options;
    const nowMs = clock.monotonicMs();
    this.#options = options;
    this.#config = config;
    this.#rates = new RateBook(config.root, log, clock);
    this.#store = new Store({
      ...options,
      openFile: options.openFile ?? openPartFile,
      onGate: (isClosed) => {
        for (const feed of this.#feeds.all) isClosed ? feed.pause() : feed.resume();
      },
    });
    this.#feeds = this.#openFeeds();
    this.#reports = new Reports(this.#store, log, nowMs);
    this.#statusAtMs = nowMs;
    const flushEveryMs = config.collector.flush_milliseconds / flushesPerPeriod;
    const tickMs = Math.min(maxTickMs, Math.max(1, flushEveryMs));
    this.#ticksPerFlush = Math.max(1, Math.floor(flushEveryMs / tickMs));
    this.#tickMs = tickMs;
  }

  /** Takes up what an earlier run has left, and begins. */
  async start(plans: readonly VenuePlan[]): Promise<void> {
    await this.#rates.load();
    await this.#apply(plans, this.#config);
    this.ready = Promise.all(this.#feeds.all.map((feed) => feed.ready)).then(() => {
      // Whoever waits for it learns it at once.
      this.#statusAtMs = 0;
    });
    this.#timer = setInterval(() => this.#tick(), this.#tickMs);
  }

  async reload(config: Config): Promise<void> {
    const { log } = this.#options;
    let plans: readonly VenuePlan[];
    try {
      plans = planStreams(config);
    } catch (thrown) {
      if (thrown instanceof ConfigError) this.refuse(thrown.problems);
      throw thrown;
    }
    const keys = findRestartKeys(this.#config, config);
    if (keys.length > 0) {
      const hint = 'restart to apply them; until then they stay as they were';
      log.warn(`reload configuration: ${keys.join(', ')} changed`, { hint });
    }
    this.#refusal = undefined;
    const changes = findSymbolChanges(this.#plans, plans);
    await this.#apply(plans, config);
    if (changes.added.length + changes.removed.length > 0) log.info('reload symbols', changes);
  }

  refuse(problems: readonly string[]): void {
    this.#refusal = { problems, sinceMs: this.#options.clock.monotonicMs() };
  }

  status(): CollectStatus {
    const { clock } = this.#options;
    const now = { us: clock.nowUs(), ms: clock.monotonicMs() };
    return {
      updated_at: new Date(now.us / 1000).toISOString(),
      pid: process.pid,
      listening: this.#feeds.all.every((feed) => feed.state === 'live'),
      connections: this.#feeds.all.flatMap(formatConnections),
      lanes: this.#feeds.totals,
      ...this.#reports.format(now.us, now.ms, findClockOffsetMs(this.#catchUps, now.ms)),
      fills: this.#catchUps.map((catchUp) => catchUp.status()),
      problems: findProblems({
        catchUps: this.#catchUps,
        feeds: this.#feeds.all,
        troubles: this.#store.troubles,
        pausedSinceMs: this.#store.closedSinceMs,
        refusal: this.#refusal,
        now,
      }),
    };
  }

  async stop(): Promise<void> {
    await this.#feeds.stop();
    clearInterval(this.#timer);
    await this.#rates.save();
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
    this.#store.retire((recorder) => this.#isWanted(recorder));
    this.#statusWritten = this.#statusWritten.then(() => this.#writeStatus());
  }

  /** Opens what the plans need; what they no longer need goes when nothing uses it any more. */
  async #apply(plans: readonly VenuePlan[], config: Config): Promise<void> {
    await this.#store.add(plans);
    this.#plans = plans;
    this.#config = config;
    this.#rates.keep(plans);
    const known = new Set(this.#catchUps.map(({ exchange }) => exchange));
    const opened = plans.filter(({ exchange }) => !known.has(exchange.name));
    this.#catchUps = [...this.#catchUps, ...opened.map((plan) => this.#openCatchUp(plan))];
    this.#feeds.apply(plans, config.collector.redundancy);
  }

  #isWanted(recorder: Recorder): boolean {
    const { exchange, symbol } = recorder.instrument;
    const plan = this.#plans.find((one) => one.exchange.name === exchange);
    if (plan?.streams.some((stream) => stream.symbol === symbol)) return true;
    return this.#feeds.isUsing(recorder);
  }

  /** A status that cannot be written is stale for whoever reads it; collecting goes on. */
  async #writeStatus(): Promise<void> {
    try {
      await writeStatus(this.#options.config.root, 'collect', this.status());
      if (++this.#statuses % statusesPerSave === 0) await this.#rates.save();
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
    const { connect = connectSocket } = this.#options;
    return new Feeds({
      ...this.#options,
      connect,
      isPaused: () => this.#store.closedSinceMs !== undefined,
      findRates: (exchange) => this.#rates.find(exchange),
      findRecorder: (exchange, symbol) => this.#store.findRecorder(exchange, symbol)!,
      onSuspect: (exchange, stream) => void this.#examine(exchange, stream),
      findRest: (exchange) => this.#findCatchUp(exchange)!.restSide,
    });
  }

  #findCatchUp(exchange: string): CatchUp | undefined {
    return this.#catchUps.find((one) => one.exchange === exchange);
  }

  /** Asks the exchange whether a stream that delivers nothing has something to deliver. */
  async #examine(exchange: Exchange, stream: Stream): Promise<void> {
    if (stream.channel !== exchange.tradeChannel) return;
    const verdict = await this.#findCatchUp(exchange.name)?.probe(stream.symbol);
    if (verdict === 'missing') this.#feeds.settle(exchange, stream, true);
    if (verdict === 'quiet') this.#feeds.settle(exchange, stream, false);
  }
}
