// The collector as a whole: it takes the lake's lock, puts in order what a crash left, and then runs
// store and feeds, driven by one timer, until it is stopped.

import { planStreams, type VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { formatReason } from '../lake/errors.ts';
import { takeLock } from '../lake/lock.ts';
import type { Log } from '../lake/log.ts';
import { type CollectStatus, writeStatus } from '../lake/status.ts';
import { ConnectPacing } from './connect-pacing.ts';
import type { Connect } from './connection.ts';
import { Feed } from './feed.ts';
import { type OpenPartFile, openPartFile } from './part-file.ts';
import type { StreamTarget } from './receive.ts';
import { recoverParts } from './recovery.ts';
import { Reports } from './reports.ts';
import { planShards } from './shard.ts';
import { connectSocket } from './socket.ts';
import { findProblems, formatConnection } from './status.ts';
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
  readonly #feeds: readonly Feed[];
  readonly #reports: Reports;
  readonly #timer: NodeJS.Timeout;
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
        for (const feed of this.#feeds) isClosed ? feed.pause() : feed.resume();
      },
    });
    this.#feeds = this.#openFeeds(plans);
    this.ready = Promise.all(this.#feeds.map((feed) => feed.ready)).then(() => undefined);
    this.#reports = new Reports(this.#store.recorders, log, nowMs);
    this.#statusAtMs = nowMs;
    const flushEveryMs = config.collector.flush_milliseconds / flushesPerPeriod;
    const tickMs = Math.min(maxTickMs, Math.max(1, flushEveryMs));
    this.#ticksPerFlush = Math.max(1, Math.floor(flushEveryMs / tickMs));
    this.#timer = setInterval(() => this.#tick(), tickMs);
  }

  status(): CollectStatus {
    const { clock } = this.#options;
    const now = { us: clock.nowUs(), ms: clock.monotonicMs() };
    return {
      updated_at: new Date(now.us / 1000).toISOString(),
      pid: process.pid,
      connections: this.#feeds.map(formatConnection),
      ...this.#reports.format(now.us, now.ms),
      problems: findProblems(this.#feeds, this.#store.troubles, this.#store.closedSinceMs, now),
    };
  }

  async stop(): Promise<void> {
    for (const feed of this.#feeds) feed.stop();
    await Promise.all(this.#feeds.map((feed) => feed.stopped));
    clearInterval(this.#timer);
    await this.#store.finish();
    await this.#statusWritten;
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (++this.#ticks % this.#ticksPerFlush === 0) this.#store.flush();
    for (const feed of this.#feeds) feed.tick(nowMs);
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

  #openFeeds(plans: readonly VenuePlan[]): Feed[] {
    const { clock, log, random, connect = connectSocket } = this.#options;
    let connections = 0;
    return plans.flatMap(({ exchange, wsUrls, streams }) => {
      const pacing = new ConnectPacing(exchange.limits.connects);
      const indexes = new Map<string, number>();
      const targets = new Map<string, StreamTarget>();
      for (const { name, symbol } of streams) {
        const index = indexes.get(symbol) ?? 0;
        indexes.set(symbol, index + 1);
        const recorder = this.#store.findRecorder(exchange.name, symbol)!;
        targets.set(name, { recorder, index });
      }
      return planShards(streams, exchange.limits.streamsPerConnection).map(
        (shard) =>
          new Feed({
            exchange,
            wsUrl: wsUrls[0]!,
            streams: shard,
            targets: shard.map(({ name }) => targets.get(name)!),
            pacing,
            nameConnection: () => `c${++connections}`,
            clock,
            log,
            random,
            connect,
            isPaused: () => this.#store.closedSinceMs !== undefined,
          }),
      );
    });
  }
}
