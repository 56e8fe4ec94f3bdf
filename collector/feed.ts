// Keeps one shard of streams connected. A connection that has to go is replaced before it goes: the next
// one is opened beside it, and takes over once it delivers. One that was lost is followed by another as
// soon as the network allows. Driven by ticks; holds no timer.

import type { Exchange, Stream } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import type { ConnectPacing } from './connect-pacing.ts';
import { type Connect, Connection } from './connection.ts';
import type { ConnectionEnd, Verdict } from './connection-life.ts';
import type { FeedPlan } from './feed-plan.ts';
import { Handover } from './handover.ts';
import type { HandoverTurn } from './handover-turn.ts';
import type { Recorder } from './recorder.ts';
import { Retry } from './retry.ts';
import type { Rates, StreamFailure } from './stream-watch.ts';

export type FeedOptions = {
  exchange: Exchange;
  /** 0, or 1 for the second of two feeds that listen to the same streams. */
  lane: number;
  plan: FeedPlan;
  pacing: ConnectPacing;
  /** Shared with the other lane of the shard. */
  turn: HandoverTurn;
  rates: Rates;
  /** A name no connection of this process has had. */
  nameConnection: () => string;
  clock: Clock;
  log: Log;
  random: () => number;
  connect: Connect;
  isPaused: () => boolean;
  onSuspect: (stream: Stream) => void;
};

export class Feed {
  readonly exchange: Exchange;
  readonly lane: number;
  reconnects = 0;
  losses = 0;
  handovers = 0;
  /** Since when no connection delivers; undefined while one does. */
  downSinceMs: number | undefined;
  /** Why the last connection was lost. */
  lastError: string | undefined;
  /** Resolves when every stream has been answered for once. */
  readonly ready: Promise<void>;
  /** Resolves when the last connection has ended after `stop`. */
  readonly stopped: Promise<void>;
  readonly #options: FeedOptions;
  readonly #retry: Retry;
  readonly #resolveReady: () => void;
  readonly #resolveStopped: () => void;
  #plan: FeedPlan;
  /** The plan each connection was opened for. */
  readonly #plans = new WeakMap<Connection, FeedPlan>();
  #current: Connection | undefined;
  #handover: Handover | undefined;
  /** Connections that are being closed. */
  readonly #leaving = new Set<Connection>();
  #lastName = '';
  #isStopping = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.exchange = options.exchange;
    this.lane = options.lane;
    this.#plan = options.plan;
    this.#retry = new Retry(options.pacing, options.random);
    this.downSinceMs = options.clock.monotonicMs();
    ({ promise: this.ready, resolve: this.#resolveReady } = Promise.withResolvers<void>());
    ({ promise: this.stopped, resolve: this.#resolveStopped } = Promise.withResolvers<void>());
  }

  /** What it is to listen to; the current connection may still be of an earlier plan. */
  get plan(): FeedPlan {
    return this.#plan;
  }

  /** Name of the current connection, or of the last one. */
  get conn(): string {
    return this.#current?.name ?? this.#lastName;
  }

  get state(): Connection['state'] | 'waiting' {
    return this.#current?.state ?? 'waiting';
  }

  /** The current connection and, where there is one, the one that is to take over. */
  get connections(): Connection[] {
    return [this.#current, this.#handover?.next].filter((one) => one !== undefined);
  }

  /** Whether a connection of it, one that is being closed included, writes into parts of the symbol. */
  isUsing(recorder: Recorder): boolean {
    const all = [...this.connections, ...this.#leaving];
    return all.some((connection) => connection.isRecordedBy(recorder));
  }

  /** Whether the stream has delivered since then on a connection of this feed. */
  hasDelivered(stream: Stream, sinceMs: number): boolean {
    return this.connections.some((connection) => {
      const index = connection.streams.findIndex(({ name }) => name === stream.name);
      return (connection.watch.findDeliveryMs(index) ?? Number.NEGATIVE_INFINITY) > sinceMs;
    });
  }

  /** The streams of the current connection that fail. */
  get failures(): StreamFailure[] {
    return this.#current?.watch.failures ?? [];
  }

  /** Does what is due. */
  tick(nowMs: number): void {
    for (const connection of this.connections) connection.tick(nowMs);
    if (this.#isStopping) return;
    this.#judgeHandover(nowMs);
    const verdict = this.#judgeCurrent(nowMs);
    if (this.#handover === undefined) this.#connectWhenDue(verdict, nowMs);
    const isUp = this.state === 'live' && verdict?.isPlanned !== false;
    if (!isUp) {
      this.downSinceMs ??= nowMs;
      return;
    }
    this.downSinceMs = undefined;
    this.#resolveReady();
  }

  /** Listens to something else from now on; what goes on being listened to misses nothing. */
  change(plan: FeedPlan): void {
    this.#plan = plan;
    if (this.#handover !== undefined) this.#dropNext('configuration', false);
  }

  /** Whether a stream that fails misses data is known now; if not, it was just quiet. */
  settle(stream: Stream, isMissing: boolean): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const { watch } of this.connections) {
      if (isMissing) watch.confirm(stream, nowMs);
      else watch.excuse(stream, nowMs);
    }
  }

  pause(): void {
    for (const connection of this.connections) connection.pause();
  }

  resume(): void {
    for (const connection of this.connections) connection.resume();
  }

  stop(): void {
    this.#isStopping = true;
    this.#retry.leave();
    this.#options.turn.give(this);
    for (const connection of this.connections) {
      this.#leaving.add(connection);
      connection.end('stopped');
    }
    this.#noteStopped();
  }

  #judgeCurrent(nowMs: number): Verdict | undefined {
    const current = this.#current;
    if (current === undefined) return undefined;
    if (current.isGone(nowMs)) current.end('idle');
    const verdict = current.judge(nowMs);
    if (verdict !== undefined) return verdict;
    const isOutdated = this.#plans.get(current) !== this.#plan;
    return isOutdated ? { reason: 'configuration', isPlanned: true } : undefined;
  }

  #judgeHandover(nowMs: number): void {
    const handover = this.#handover;
    if (handover === undefined) return;
    const failure = handover.next.judge(nowMs);
    if (failure !== undefined) {
      this.#dropNext(failure.reason, true);
      return;
    }
    const verdict = handover.judge(nowMs);
    if (verdict === 'failed') this.#dropNext('does not deliver what the other one does', true);
    if (verdict === 'ready') this.#takeOver(handover);
  }

  #takeOver({ old, next, reason }: Handover): void {
    this.#options.log.info(`hand over connection ${old.name} to ${next.name}: ${reason}`);
    this.#endHandover();
    this.#current = next;
    this.#lastName = next.name;
    this.#leaving.add(old);
    this.handovers++;
    this.#retry.succeed();
    old.handOver(next.name, reason);
  }

  /** Gives the next connection up; the old one goes on, and another is tried. */
  #dropNext(reason: string, isFailure: boolean): void {
    const { next, old } = this.#handover!;
    this.#endHandover();
    this.#leaving.add(next);
    next.end(reason);
    if (!isFailure) return;
    const nowMs = this.#options.clock.monotonicMs();
    const retryInMs = this.#retry.fail({ kind: 'exchange' }, nowMs);
    this.#warnHandover(old, next, reason, retryInMs);
  }

  #warnHandover(old: Connection, next: Connection, reason: string, retryInMs: number): void {
    const message = `hand over connection ${old.name} to ${next.name}: ${reason}`;
    this.#options.log.warn(message, { retryInMs, hint: `${old.name} goes on until then` });
  }

  #endHandover(): void {
    this.#handover = undefined;
    this.#options.turn.give(this);
  }

  /** Connects where there is no connection, or none that should stay. */
  #connectWhenDue(verdict: Verdict | undefined, nowMs: number): void {
    const current = this.#current;
    if (current !== undefined && verdict === undefined) return;
    if (current?.state === 'closing' || current?.state === 'connecting') return;
    if (current !== undefined && !this.#retry.mayReplace(verdict!, nowMs)) return;
    if (current !== undefined && !this.#options.turn.take(this)) return;
    if (!this.#retry.admit(nowMs)) {
      this.#options.turn.give(this);
      return;
    }
    const next = this.#connect(nowMs);
    if (current === undefined) {
      this.#current = next;
      this.#lastName = next.name;
    } else {
      this.#retry.noteReplacing(verdict!, nowMs);
      this.#handover = new Handover(current, next, verdict!.reason);
    }
  }

  #connect(nowMs: number): Connection {
    const { lane, nameConnection } = this.#options;
    const { wsUrls } = this.#plan;
    const connection: Connection = new Connection({
      ...this.#options,
      ...this.#plan,
      name: nameConnection(),
      wsUrl: wsUrls[this.#retry.planEndpoint(wsUrls.length, lane)]!,
      handshakeMs: this.#retry.planHandshakeMs(nowMs),
      onOpen: () => this.#retry.noteReached(),
      onEnd: (end) => this.#takeEnd(connection, end),
    });
    this.#plans.set(connection, this.#plan);
    return connection;
  }

  #takeEnd(connection: Connection, end: ConnectionEnd): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (this.#leaving.delete(connection)) {
      this.#logEnd(connection, end, {});
      if (this.#isStopping) this.#noteStopped();
    } else if (connection === this.#current) {
      this.#takeLoss(connection, end, nowMs);
    } else {
      const { old } = this.#handover!;
      this.#endHandover();
      const retryInMs = this.#retry.fail(end.failure ?? { kind: 'network' }, nowMs);
      this.#warnHandover(old, connection, end.reason || String(end.code), retryInMs);
    }
  }

  /** The current connection is lost; where the next one is on its way, it takes its place. */
  #takeLoss(connection: Connection, end: ConnectionEnd, nowMs: number): void {
    this.reconnects++;
    if (end.flowedMs > 0) this.losses++;
    this.lastError = end.reason || `close code ${end.code}`;
    this.#current = this.#handover?.next;
    if (this.#current !== undefined) {
      this.#lastName = this.#current.name;
      this.#endHandover();
      this.#logEnd(connection, end, { next: this.#lastName });
      return;
    }
    const reconnectInMs = this.#retry.lose(end, nowMs);
    this.#logEnd(connection, end, { reconnectInMs });
  }

  #logEnd(connection: Connection, end: ConnectionEnd, fields: object): void {
    const { log } = this.#options;
    const why = end.reason || end.code;
    const message = `close connection ${connection.name}: ${this.exchange.name}: ${why}`;
    const all = { code: end.code, flowedMs: Math.round(end.flowedMs), ...fields };
    if (end.failure === undefined) log.info(message, all);
    else log.warn(message, all);
  }

  #noteStopped(): void {
    if (this.#leaving.size === 0) this.#resolveStopped();
  }
}
