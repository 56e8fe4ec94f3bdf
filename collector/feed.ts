// Keeps one shard of streams connected: a connection, and after it the next. Waits between attempts
// grow exponentially with full jitter and start over once data has flowed for a while; a replacement
// on purpose does not wait. Driven by ticks; holds no timer.

import type { Exchange, Stream } from '../exchanges/exchange.ts';
import { planBackoffMs } from '../lake/backoff.ts';
import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import type { ConnectPacing } from './connect-pacing.ts';
import { type Connect, Connection, type ConnectionEnd } from './connection.ts';
import type { StreamTarget } from './receive.ts';
import { StreamWatch } from './stream-watch.ts';

const backoff = { firstMs: 1000, maxMs: 300_000 };
/** Data must have flowed for so long for the backoff to start over. */
const steadyAfterMs = 30_000;

export type FeedOptions = {
  exchange: Exchange;
  wsUrl: string;
  streams: readonly Stream[];
  targets: readonly StreamTarget[];
  pacing: ConnectPacing;
  /** A name no connection of this process has had. */
  nameConnection: () => string;
  clock: Clock;
  log: Log;
  random: () => number;
  connect: Connect;
  isPaused: () => boolean;
};

export class Feed {
  readonly exchange: Exchange;
  readonly streams: readonly Stream[];
  readonly watch: StreamWatch;
  reconnects = 0;
  /** Since when no connection has all its subscriptions answered; undefined while one has. */
  downSinceMs: number | undefined;
  /** Resolves when every stream has been answered for once. */
  readonly ready: Promise<void>;
  /** Resolves when the last connection has ended after `stop`. */
  readonly stopped: Promise<void>;
  readonly #options: FeedOptions;
  readonly #resolveReady: () => void;
  readonly #resolveStopped: () => void;
  #connection: Connection | undefined;
  #lastName = '';
  #attempt = 0;
  #connectAtMs: number;
  #isStopping = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.exchange = options.exchange;
    this.streams = options.streams;
    this.watch = new StreamWatch(options.streams);
    this.#connectAtMs = options.clock.monotonicMs();
    this.downSinceMs = this.#connectAtMs;
    ({ promise: this.ready, resolve: this.#resolveReady } = Promise.withResolvers<void>());
    ({ promise: this.stopped, resolve: this.#resolveStopped } = Promise.withResolvers<void>());
  }

  /** Name of the current connection, or of the last one. */
  get conn(): string {
    return this.#lastName;
  }

  get state(): string {
    return this.#connection?.state ?? 'waiting';
  }

  tick(nowMs: number): void {
    if (this.#isStopping) return;
    if (this.#connection === undefined) this.#connectWhenDue(nowMs);
    else this.#connection.tick(nowMs);
    if (this.state !== 'live') {
      this.downSinceMs ??= nowMs;
      return;
    }
    this.downSinceMs = undefined;
    this.#resolveReady();
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  stop(): void {
    this.#isStopping = true;
    if (this.#connection === undefined) this.#resolveStopped();
    else this.#connection.end('stopped', true);
  }

  #connectWhenDue(nowMs: number): void {
    const { pacing, nameConnection } = this.#options;
    if (nowMs < this.#connectAtMs || !pacing.admit(nowMs)) return;
    this.#lastName = nameConnection();
    this.#connection = new Connection({
      ...this.#options,
      name: this.#lastName,
      watch: this.watch,
      onEnd: (end) => this.#takeEnd(end),
    });
  }

  #takeEnd(end: ConnectionEnd): void {
    const { clock, log, random, exchange } = this.#options;
    this.#connection = undefined;
    if (this.#isStopping) {
      this.#resolveStopped();
      return;
    }
    const wasSteady = end.flowedMs >= steadyAfterMs;
    if (wasSteady) this.#attempt = 0;
    const waitMs = end.isPlanned && wasSteady ? 0 : planBackoffMs(this.#attempt++, backoff, random);
    this.#connectAtMs = clock.monotonicMs() + waitMs;
    this.reconnects++;
    const fields = { code: end.code, flowedMs: Math.round(end.flowedMs), reconnectInMs: waitMs };
    const message = `close connection ${this.#lastName}: ${exchange.name}: ${end.reason || end.code}`;
    if (end.isPlanned) log.info(message, fields);
    else log.warn(message, fields);
  }
}
