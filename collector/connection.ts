// One socket from connect to close: it subscribes, hands frames to the receive path, writes what
// happens to it into the parts of its symbols, says why it should be replaced, and when it has ended.
// It never reconnects; its feed does, with a new connection under a new name.

import type { IncomingMessage } from 'node:http';
import type { RawData, WebSocket } from 'ws';
import type { Exchange, Stream } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import type { ControlEvent, ControlFields } from '../lake/raw-line.ts';
import { type ConnectionEnd, ConnectionLife, type Verdict } from './connection-life.ts';
import { ControlFrames } from './control-frames.ts';
import { Receiver, type StreamTarget } from './receive.ts';
import { type Failure, parseRetryAfterMs } from './reconnect.ts';
import type { Recorder } from './recorder.ts';
import { type Rates, StreamWatch } from './stream-watch.ts';
import { Subscription } from './subscription.ts';
import type { TradeScore } from './trade-lane.ts';

/** Opens a socket to a URL; it fails where it is not open within `handshakeMs`. */
export type Connect = (url: string, handshakeMs: number) => WebSocket;

export type ConnectionOptions = {
  name: string;
  exchange: Exchange;
  wsUrl: string;
  handshakeMs: number;
  streams: readonly Stream[];
  /** Where the frames of each stream go. */
  targets: readonly StreamTarget[];
  rates: Rates;
  clock: Clock;
  log: Log;
  random: () => number;
  connect: Connect;
  /** Whether reading is held back at this moment. */
  isPaused: () => boolean;
  /** A stream does not deliver; whoever knows whether it should answers by `confirm` or `excuse`. */
  onSuspect: (stream: Stream) => void;
  onOpen: () => void;
  onEnd: (end: ConnectionEnd) => void;
};

const watchEveryMs = 250;
/** A process that stood still for so long has read nothing. */
const stalledAfterMs = 2000;
const namesShown = 5;
/** Closed without a closing frame: the connection broke. */
const brokenCode = 1006;

export class Connection {
  state: 'connecting' | 'subscribing' | 'live' | 'closing' = 'connecting';
  readonly watch: StreamWatch;
  readonly receiver: Receiver;
  /** When every subscription was answered. */
  liveMs: number | undefined;
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocket;
  readonly #subscription: Subscription;
  readonly #control: ControlFrames;
  /** One for each symbol of the connection. */
  readonly #recorders: readonly Recorder[];
  #life: ConnectionLife | undefined;
  #firstFrameMs: number | undefined;
  #seenFrames = 0;
  #watchedMs = 0;
  #tickedMs: number;
  #ending: string | undefined;
  #failure: Failure | undefined;
  #error: string | undefined;

  constructor(options: ConnectionOptions) {
    const { name, exchange, wsUrl, streams, targets, clock, rates } = options;
    this.#options = options;
    this.#recorders = [...new Set(targets.map((target) => target.recorder))];
    this.#subscription = new Subscription(exchange, streams);
    this.watch = new StreamWatch(streams, rates);
    this.#tickedMs = clock.monotonicMs();
    const { watch } = this;
    const subscription = this.#subscription;
    this.#control = new ControlFrames({ ...options, conn: name, subscription, watch });
    this.receiver = new Receiver({
      conn: name,
      streams,
      targets,
      route: exchange.createRouter(streams),
      clock,
      onOther: (recvUs, frame, isLine) => this.#takeOther(recvUs, frame, isLine),
    });
    this.#socket = options.connect(exchange.formatConnectUrl(wsUrl), options.handshakeMs);
    this.#listen();
  }

  get name(): string {
    return this.#options.name;
  }

  get streams(): readonly Stream[] {
    return this.#options.streams;
  }

  /** How its trades compare with those of other connections to the same streams. */
  get score(): TradeScore {
    const lanes = this.streams.flatMap((_, index) => this.receiver.findLane(index) ?? []);
    const sum = (key: keyof TradeScore) => lanes.reduce((total, lane) => total + lane[key], 0);
    return { first: sum('first'), late: sum('late'), missing: sum('missing') };
  }

  /** Whether it writes into the parts of that symbol. */
  isRecordedBy(recorder: Recorder): boolean {
    return this.#recorders.includes(recorder);
  }

  /** Does what is due: subscribe, ask whether anybody is there, report streams that fail. */
  tick(nowMs: number): void {
    if (this.state !== 'subscribing' && this.state !== 'live') return;
    const message = this.#subscription.takeDue(nowMs);
    if (message !== undefined) this.#socket.send(message);
    if (nowMs - this.#tickedMs > stalledAfterMs) this.#forgive(nowMs);
    this.#tickedMs = nowMs;
    this.#noteLife(nowMs);
    if (this.#options.isPaused()) return;
    if (
      this.state === 'live' &&
      this.#subscription.isFree(nowMs) &&
      this.#life!.takeDuePing(nowMs)
    ) {
      this.#subscription.noteSent(nowMs);
      this.#socket.ping();
    }
    if (nowMs - this.#watchedMs < watchEveryMs) return;
    this.#watchedMs = nowMs;
    this.#watchStreams(nowMs);
  }

  /** Why it should be replaced now, or undefined. */
  judge(nowMs: number): Verdict | undefined {
    const life = this.#life;
    if (life === undefined || this.state === 'closing' || this.#options.isPaused())
      return undefined;
    if (life.isIdle(nowMs)) return { reason: 'idle', isPlanned: false };
    if (this.#control.isShutdown) return { reason: 'shutdown', isPlanned: true };
    if (this.#subscription.isOverdue(nowMs)) {
      return { reason: 'no acknowledgement', isPlanned: false };
    }
    if (this.watch.isDead(nowMs)) {
      return { reason: 'no stream delivers', isPlanned: true, isDoubtful: true };
    }
    const hopeless = this.watch.findHopeless(nowMs);
    if (hopeless !== undefined) {
      return { reason: `${hopeless.name} does not deliver`, isPlanned: true, isDoubtful: true };
    }
    return life.isOver(nowMs) ? { reason: 'lifetime', isPlanned: true } : undefined;
  }

  /** Whether nothing has come for so long that there is nothing to hold on to. */
  isGone(nowMs: number): boolean {
    return !this.#options.isPaused() && (this.#life?.isGone(nowMs) ?? false);
  }

  /** Another connection takes over. */
  handOver(to: string, reason: string): void {
    this.#note('handover', { to, reason });
    this.end(reason);
  }

  /** Closes; frames that are on their way are still recorded until the other side has closed too. */
  end(reason: string): void {
    if (this.#ending !== undefined) return;
    this.#ending = reason;
    this.state = 'closing';
    const answers = this.#life?.isIdle(this.#options.clock.monotonicMs()) === false;
    if (!answers || this.#socket.isPaused) this.#socket.terminate();
    else this.#socket.close(1000);
  }

  pause(): void {
    if (this.#life === undefined) return;
    this.#socket.pause();
    this.#note('paused', {});
  }

  /** Reads on. Time in which nothing was read is held against no one. */
  resume(): void {
    if (this.#life === undefined) return;
    this.#forgive(this.#options.clock.monotonicMs());
    this.#note('resumed', {});
    this.#socket.resume();
  }

  #forgive(nowMs: number): void {
    this.#life?.note(nowMs);
    this.#subscription.restart(nowMs);
    this.watch.restart(nowMs);
  }

  #listen(): void {
    const socket = this.#socket;
    const receiver = this.receiver;
    const noteLife = () => this.#life?.note(this.#options.clock.monotonicMs());
    // Before the client's own listener, so that the time is taken before anything else is done.
    socket.on('upgrade', ({ socket: raw }) => raw.on('data', (bytes) => receiver.noteRead(bytes)));
    socket.on('message', receiver.receive as (data: RawData, isBinary: boolean) => void);
    socket.on('ping', noteLife);
    socket.on('pong', noteLife);
    socket.on('open', () => this.#begin());
    socket.on('unexpected-response', (_request, response) => this.#takeRefusal(response));
    socket.on('error', (error) => {
      this.#error ??= error.message;
    });
    socket.on('close', (code, reason) => this.#finish(code, reason.toString()));
  }

  #takeRefusal({ statusCode = 0, headers }: IncomingMessage): void {
    const nowMs = this.#options.clock.nowUs() / 1000;
    const retryAfterMs = parseRetryAfterMs(headers['retry-after'], nowMs);
    this.#failure = { kind: 'refused', status: statusCode, retryAfterMs };
    this.#error = `refused with status ${statusCode}`;
    this.#socket.terminate();
  }

  #begin(): void {
    const { clock, log, exchange, streams, isPaused, random, onOpen } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#life = new ConnectionLife(exchange.limits, nowMs, random);
    this.#tickedMs = nowMs;
    this.state = 'subscribing';
    log.info(`open connection ${this.name}: ${exchange.name}`, { streams: streams.length });
    this.#note('open', {});
    onOpen();
    if (isPaused()) this.pause();
    this.tick(nowMs);
  }

  #finish(code: number, text: string): void {
    const { clock, onEnd } = this.#options;
    const reason = this.#ending ?? this.#error ?? text;
    const wasOpen = this.#life !== undefined;
    if (wasOpen) {
      const recvUs = clock.nowUs();
      for (const recorder of this.#recorders) recorder.close(recvUs, this.name, { code, reason });
    }
    const nowMs = clock.monotonicMs();
    this.#noteLife(nowMs);
    const kind = wasOpen && code !== brokenCode ? 'exchange' : 'network';
    const failure = this.#ending === undefined ? (this.#failure ?? { kind }) : undefined;
    onEnd({ code, reason, failure, flowedMs: nowMs - (this.#firstFrameMs ?? nowMs) });
  }

  #noteLife(nowMs: number): void {
    const frames = this.receiver.counts.reduce((sum, count) => sum + count, 0);
    if (frames === this.#seenFrames) return;
    this.#firstFrameMs ??= nowMs;
    this.#seenFrames = frames;
    this.#life?.note(nowMs);
  }

  #watchStreams(nowMs: number): void {
    const { clock, log, targets, streams, onSuspect } = this.#options;
    const unsure: string[] = [];
    for (const { stream, state, quietMs, isProven } of this.watch.observe(
      this.receiver.counts,
      nowMs,
    )) {
      const { recorder } = targets[streams.indexOf(stream)]!;
      const fields = { stream: stream.name, quiet_ms: Math.round(quietMs) };
      recorder.appendControl(clock.nowUs(), this.name, state, fields);
      const hint = 'check that the exchange lists this symbol and that it trades';
      if (!isProven) unsure.push(stream.name);
      else log.warn(`watch stream ${stream.name}: ${state} on ${this.name}`, { quietMs, hint });
      onSuspect(stream);
    }
    if (unsure.length > 0) {
      const fields = { count: unsure.length, streams: unsure.slice(0, namesShown) };
      log.info(`watch streams on ${this.name}: not delivered yet, they may just be quiet`, fields);
    }
    for (const stream of this.watch.takeDoubts(nowMs)) onSuspect(stream);
    this.#subscription.request(this.watch.takeRetries(nowMs));
  }

  #takeOther(recvUs: number, frame: Buffer, isLine: boolean): void {
    const nowMs = this.#options.clock.monotonicMs();
    this.#life?.note(nowMs);
    this.#control.take(recvUs, frame, isLine, this.receiver);
    if (this.state !== 'subscribing' || !this.#subscription.isComplete) return;
    this.state = 'live';
    this.liveMs = nowMs;
  }

  #note(event: ControlEvent, fields: ControlFields): void {
    const recvUs = this.#options.clock.nowUs();
    for (const recorder of this.#recorders) {
      recorder.appendControl(recvUs, this.name, event, fields);
    }
  }
}
