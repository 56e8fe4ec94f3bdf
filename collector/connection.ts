// One socket from connect to close: it subscribes, hands frames to the receive path, writes what
// happens to it into the parts of its symbols, and says when it has ended. It never reconnects; its
// feed does, with a new connection under a new name.

import type { RawData, WebSocket } from 'ws';
import type { Exchange, Stream } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import type { ControlEvent, ControlFields } from '../lake/raw-line.ts';
import { judgeConnection } from './connection-life.ts';
import { Receiver, type StreamTarget } from './receive.ts';
import type { Recorder } from './recorder.ts';
import type { StreamWatch } from './stream-watch.ts';
import { Subscription } from './subscription.ts';

/** Opens a socket to a URL. */
export type Connect = (url: string) => WebSocket;

/** How a connection has ended. */
export type ConnectionEnd = {
  code: number;
  reason: string;
  /** Whether we replace it on purpose, so that there is nothing to wait for. */
  isPlanned: boolean;
  /** For how long data has flowed. */
  flowedMs: number;
};

export type ConnectionOptions = {
  name: string;
  exchange: Exchange;
  wsUrl: string;
  streams: readonly Stream[];
  /** Where the frames of each stream go. */
  targets: readonly StreamTarget[];
  watch: StreamWatch;
  clock: Clock;
  log: Log;
  connect: Connect;
  /** Whether reading is held back at this moment. */
  isPaused: () => boolean;
  onEnd: (end: ConnectionEnd) => void;
};

const warnEveryMs = 60_000;
const watchEveryMs = 1000;

export class Connection {
  state: 'connecting' | 'subscribing' | 'live' | 'closing' = 'connecting';
  readonly #options: ConnectionOptions;
  readonly #name: string;
  readonly #socket: WebSocket;
  readonly #receiver: Receiver;
  readonly #subscription: Subscription;
  /** One for each symbol of the connection. */
  readonly #recorders: readonly Recorder[];
  #openedMs: number | undefined;
  #firstFrameMs: number | undefined;
  /** Last sign of life, and the frames counted at that time. */
  #lifeMs: number;
  #seenFrames = 0;
  #watchedMs = 0;
  #warnedMs = Number.NEGATIVE_INFINITY;
  #unreadable = 0;
  #ending: { reason: string; isPlanned: boolean } | undefined;
  #error: string | undefined;

  constructor(options: ConnectionOptions) {
    const { name, exchange, wsUrl, streams, targets, clock } = options;
    this.#options = options;
    this.#name = name;
    this.#recorders = [...new Set(targets.map((target) => target.recorder))];
    this.#subscription = new Subscription(exchange, streams);
    this.#receiver = new Receiver({
      conn: name,
      streams,
      targets,
      route: exchange.createRouter(streams),
      clock,
      onOther: (recvUs, frame, isLine) => this.#takeOther(recvUs, frame, isLine),
    });
    this.#lifeMs = clock.monotonicMs();
    this.#socket = options.connect(exchange.formatConnectUrl(wsUrl));
    this.#listen();
  }

  /** Does what is due: subscribe, report streams that do not deliver, end what is dead or too old. */
  tick(nowMs: number): void {
    if (this.state !== 'subscribing' && this.state !== 'live') return;
    const message = this.#subscription.takeDue(nowMs);
    if (message !== undefined) this.#socket.send(message);
    this.#noteLife(nowMs);
    if (this.#options.isPaused()) return;
    if (nowMs - this.#watchedMs >= watchEveryMs) {
      this.#watchedMs = nowMs;
      this.#watchStreams(nowMs);
    }
    const life = {
      openedMs: this.#openedMs ?? nowMs,
      lifeMs: this.#lifeMs,
      isOverdue: this.#subscription.isOverdue(nowMs),
      isDead: this.#options.watch.isDead,
    };
    const verdict = judgeConnection(life, this.#options.exchange.limits, nowMs);
    if (verdict === undefined) return;
    this.end(verdict.reason, verdict.isPlanned);
    if (!verdict.isResponsive) this.#socket.terminate();
  }

  /** Closes; frames that are on their way are still recorded until the other side has closed too. */
  end(reason: string, isPlanned: boolean): void {
    if (this.#ending !== undefined) return;
    this.#ending = { reason, isPlanned };
    this.state = 'closing';
    if (this.#socket.isPaused) this.#socket.terminate();
    else this.#socket.close(1000);
  }

  pause(): void {
    if (this.#openedMs === undefined) return;
    this.#socket.pause();
    this.#note('paused', {});
  }

  /** Reads on. Time in which nothing was read is held against no one. */
  resume(): void {
    if (this.#openedMs === undefined) return;
    const nowMs = this.#options.clock.monotonicMs();
    this.#lifeMs = nowMs;
    this.#subscription.restart(nowMs);
    this.#options.watch.restart(nowMs);
    this.#note('resumed', {});
    this.#socket.resume();
  }

  #listen(): void {
    const socket = this.#socket;
    const receiver = this.#receiver;
    // Before the client's own listener, so that the time is taken before anything else is done.
    socket.on('upgrade', ({ socket: raw }) => raw.on('data', (bytes) => receiver.noteRead(bytes)));
    socket.on('message', receiver.receive as (data: RawData, isBinary: boolean) => void);
    socket.on('ping', () => {
      this.#lifeMs = this.#options.clock.monotonicMs();
    });
    socket.on('open', () => this.#begin());
    socket.on('error', (error) => {
      this.#error = error.message;
    });
    socket.on('close', (code, reason) => this.#finish(code, reason.toString()));
  }

  #begin(): void {
    const { clock, log, exchange, streams, isPaused } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#openedMs = nowMs;
    this.#lifeMs = nowMs;
    this.state = 'subscribing';
    log.info(`open connection ${this.#name}: ${exchange.name}`, { streams: streams.length });
    this.#note('open', {});
    if (isPaused()) this.pause();
    this.tick(nowMs);
  }

  #finish(code: number, text: string): void {
    const { clock, watch, onEnd } = this.#options;
    const reason = this.#ending?.reason ?? this.#error ?? text;
    if (this.#openedMs !== undefined) {
      const recvUs = clock.nowUs();
      for (const recorder of this.#recorders) recorder.close(recvUs, this.#name, { code, reason });
    }
    watch.reset();
    const nowMs = clock.monotonicMs();
    this.#noteLife(nowMs);
    const flowedMs = nowMs - (this.#firstFrameMs ?? nowMs);
    onEnd({ code, reason, isPlanned: this.#ending?.isPlanned ?? false, flowedMs });
  }

  #noteLife(nowMs: number): void {
    const frames = this.#receiver.counts.reduce((sum, count) => sum + count, 0);
    if (frames === this.#seenFrames) return;
    this.#firstFrameMs ??= nowMs;
    this.#seenFrames = frames;
    this.#lifeMs = nowMs;
  }

  #watchStreams(nowMs: number): void {
    const { watch, clock, log, targets, streams } = this.#options;
    for (const { stream, state, quietMs } of watch.observe(this.#receiver.counts, nowMs)) {
      const { recorder } = targets[streams.indexOf(stream)]!;
      const fields = { stream: stream.name, quiet_ms: Math.round(quietMs) };
      recorder.appendControl(clock.nowUs(), this.#name, state, fields);
      const hint = 'check that the exchange lists this symbol and that it trades';
      log.warn(`watch stream ${stream.name}: ${state} on ${this.#name}`, { quietMs, hint });
      if (state === 'stale') this.#subscription.request([stream]);
    }
  }

  /** Takes a frame that is not plainly data; `isLine` where it is text and can stand in a line. */
  #takeOther(recvUs: number, frame: Buffer, isLine: boolean): void {
    this.#lifeMs = this.#options.clock.monotonicMs();
    const { parseControlFrame } = this.#options.exchange;
    const control = parseControlFrame(frame);
    switch (control.kind) {
      case 'ack':
        this.#acknowledge(recvUs, control.id);
        break;
      case 'error':
        this.#takeError(recvUs, control.id, control.reason);
        break;
      case 'shutdown':
        this.#note('shutdown', {});
        this.end('shutdown', true);
        break;
      case 'unreadable':
        this.#keepUnreadable(recvUs, frame);
        break;
      default:
        if (!isLine) this.#keepUnreadable(recvUs, frame);
        else this.#receiver.recordNamed(frame, control.kind === 'data' ? control.stream : '');
    }
  }

  #acknowledge(recvUs: number, id: number): void {
    const { watch, clock } = this.#options;
    const streams = this.#subscription.answer(id) ?? [];
    for (const [recorder, names] of this.#groupBySymbol(streams)) {
      recorder.subscribe(recvUs, this.#name, names);
    }
    for (const stream of streams) watch.acknowledge(stream, clock.monotonicMs());
    this.#noteAnswer();
  }

  #takeError(recvUs: number, id: number | undefined, reason: string): void {
    const { watch, clock, log, exchange } = this.#options;
    const streams = id === undefined ? [] : (this.#subscription.answer(id) ?? []);
    for (const [recorder, names] of this.#groupBySymbol(streams)) {
      recorder.appendControl(recvUs, this.#name, 'refused', { streams: names, reason });
    }
    for (const stream of streams) watch.refuse(stream, clock.monotonicMs());
    const symbols = [...new Set(streams.map((stream) => stream.symbol))];
    const hint = `not recorded; check exchanges.${exchange.name}.symbols and channels`;
    log.error(`subscribe ${exchange.name} on ${this.#name}: ${reason}`, { symbols, hint });
    this.#noteAnswer();
  }

  #noteAnswer(): void {
    if (this.state === 'subscribing' && this.#subscription.isComplete) this.state = 'live';
  }

  #keepUnreadable(recvUs: number, frame: Buffer): void {
    const { clock, log } = this.#options;
    const fields = { base64: frame.toString('base64') };
    this.#recorders[0]!.appendControl(recvUs, this.#name, 'unreadable', fields);
    this.#unreadable++;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#warnedMs < warnEveryMs) return;
    this.#warnedMs = nowMs;
    const counts = { frames: this.#unreadable, bytes: frame.length };
    log.warn(`read frame on ${this.#name}: it is no line of JSON; kept as base64`, counts);
  }

  #note(event: ControlEvent, fields: ControlFields): void {
    const recvUs = this.#options.clock.nowUs();
    for (const recorder of this.#recorders) {
      recorder.appendControl(recvUs, this.#name, event, fields);
    }
  }

  #groupBySymbol(streams: readonly Stream[]): Map<Recorder, string[]> {
    const groups = new Map<Recorder, string[]>();
    for (const stream of streams) {
      const { recorder } = this.#options.targets[this.#options.streams.indexOf(stream)]!;
      groups.set(recorder, [...(groups.get(recorder) ?? []), stream.name]);
    }
    return groups;
  }
}
