// One WebSocket connection: what it is subscribed to, what waits to be written, and the limits it is
// held to. Frames are collected and written in one piece per tick.
//
// Invariants: frames leave whole and in the order they were delivered; what a client leaves unread is
// bounded, beyond the bound it is disconnected with 1008.

import { createHash, type Hash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { encodeTextFrame, findPayloadStart, formatShutdown, wrapPayload } from './frames.ts';
import { createWindowCounter, type Limits } from './limits.ts';
import { type LimitsSeen, noteHighest } from './limits-seen.ts';
import { answerMessage, formatTooManyStreams, type Subscription } from './subscriptions.ts';

export type ConnectionInfo = {
  id: number;
  /** Which of the exchange's endpoints it came to, from 0. */
  endpoint: number;
  address: string;
  streams: readonly string[];
  /** Data frames queued for it; answers to the client's own messages are not counted. */
  frames: number;
  /** SHA-256 over the payloads of these frames, each followed by a newline; where asked for. */
  sha256: string | undefined;
};

export type ConnectionOptions = {
  id: number;
  endpoint: number;
  address: string;
  ws: WebSocket;
  /** The stream below the WebSocket, as the HTTP server handed it over. */
  socket: Socket;
  subscription: Subscription;
  limits: Limits;
  limitsSeen: LimitsSeen;
  nowMs: () => number;
  hashFrames: boolean;
  /** Called after the client's messages have changed the subscription. */
  onSubscription: (connection: Connection, before: ReadonlySet<string>) => void;
};

export class Connection {
  readonly id: number;
  readonly endpoint: number;
  readonly subscription: Subscription;
  #options: ConnectionOptions;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #frames = 0;
  #hash: Hash | undefined;
  #stalled = false;
  #closesAtMs: number;
  #pingedAtMs: number;
  #unanswered: { payload: string; sentAtMs: number }[] = [];
  #countMessage: (nowMs: number) => boolean;

  constructor(options: ConnectionOptions) {
    const { id, ws, subscription, limits, limitsSeen, nowMs } = options;
    this.id = id;
    this.endpoint = options.endpoint;
    this.subscription = subscription;
    this.#options = options;
    this.#hash = options.hashFrames ? createHash('sha256') : undefined;
    this.#pingedAtMs = nowMs();
    this.#closesAtMs = this.#pingedAtMs + limits.connectionLifetimeMs;
    this.#countMessage = createWindowCounter(limits.messagesPerSecond, 1000, (count) =>
      noteHighest(limitsSeen, 'messagesPerSecond', count),
    );
    ws.on('message', (data) => this.#receiveText(String(data)));
    ws.on('ping', () => this.#receive());
    ws.on('pong', (data) => this.#receivePong(String(data)));
    noteHighest(limitsSeen, 'streamsPerConnection', subscription.streams.size);
    if (subscription.streams.size > limits.streamsPerConnection) {
      this.answer(formatTooManyStreams());
      this.#closeForLimit('Too many subscriptions');
    }
  }

  get isOpen(): boolean {
    return this.#options.ws.readyState === this.#options.ws.OPEN;
  }

  /** Open, and not told to stall. */
  get isReading(): boolean {
    return this.isOpen && !this.#stalled;
  }

  /** Bytes that have not reached the network yet. */
  get backlogBytes(): number {
    return this.#pendingBytes + this.#options.socket.writableLength;
  }

  describe(): ConnectionInfo {
    return {
      id: this.id,
      endpoint: this.endpoint,
      address: this.#options.address,
      streams: [...this.subscription.streams],
      frames: this.#frames,
      sha256: this.#hash?.copy().digest('hex'),
    };
  }

  /** Queues a data frame; it is written by the next `flush`. */
  deliver(frame: Buffer): void {
    if (!this.isOpen) return;
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    this.#frames++;
    this.#hash?.update(frame.subarray(findPayloadStart(frame))).update('\n');
  }

  /** Writes what is queued, and disconnects a client that has left too much unread. */
  flush(): void {
    if (this.#pending.length === 0 || !this.isOpen) return;
    const tooSlow = this.backlogBytes > this.#options.limits.maxBufferedBytes;
    if (this.#stalled && !tooSlow) return;
    const bytes = Buffer.concat(tooSlow ? [] : this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    if (tooSlow) this.#closeForLimit('Client too slow');
    else this.#options.socket.write(bytes);
  }

  /** Sends a text at once, after what is queued. */
  answer(text: string): void {
    const frame = encodeTextFrame(text);
    this.#pending.push(frame);
    this.#pendingBytes += frame.length;
    this.flush();
  }

  /** Pings, and ends a connection that is past its lifetime or does not answer. */
  keepAlive(): void {
    if (!this.isOpen || this.#stalled) return;
    const { limits, nowMs, ws } = this.#options;
    const now = nowMs();
    if (now >= this.#closesAtMs) {
      this.close(1001, 'Going away');
      return;
    }
    const oldest = this.#unanswered[0];
    if (oldest !== undefined && now - oldest.sentAtMs >= limits.pongDeadlineMs) {
      this.close(1008, 'Pong timeout');
      return;
    }
    if (now - this.#pingedAtMs < limits.pingEveryMs) return;
    this.#pingedAtMs = now;
    const payload = String(Math.floor(now));
    this.#unanswered.push({ payload, sentAtMs: now });
    ws.ping(payload);
  }

  /** Sends what is queued, then a close frame. */
  close(code: number, reason: string): void {
    this.flush();
    this.#options.ws.close(code, reason);
  }

  /** Stops all traffic in both directions with the socket open; what is due waits. */
  stall(): void {
    this.#stalled = true;
    this.#options.ws.pause();
  }

  resume(): void {
    this.#stalled = false;
    this.#options.ws.resume();
    this.flush();
  }

  /** Ends the TCP connection at once, without a close frame. */
  destroy(): void {
    this.#options.socket.destroy();
  }

  /** The same with TCP RST. */
  reset(): void {
    this.#options.socket.resetAndDestroy();
  }

  /** Sends the shutdown notice, and closes the connection once `noticeMs` have passed. */
  shutDown(eventUs: number, noticeMs: number): void {
    const { combined, unit } = this.subscription;
    const notice = formatShutdown(eventUs, unit);
    this.answer(combined ? wrapPayload('!serverShutdown', notice) : notice);
    this.#closesAtMs = Math.min(this.#closesAtMs, this.#options.nowMs() + noticeMs);
  }

  /** Writes the first half of a frame, then ends the TCP connection. */
  tear(frame: Buffer): void {
    this.flush();
    this.#options.socket.end(frame.subarray(0, Math.ceil(frame.length / 2)));
  }

  #receiveText(text: string): void {
    if (!this.#receive()) return;
    const before = new Set(this.subscription.streams);
    const { limits, limitsSeen, onSubscription } = this.#options;
    const answer = answerMessage(text, this.subscription, limits.streamsPerConnection);
    noteHighest(limitsSeen, 'streamsPerConnection', this.subscription.streams.size);
    onSubscription(this, before);
    this.answer(answer.text);
    if (answer.tooManyStreams === true) this.#closeForLimit('Too many subscriptions');
  }

  /** A pong that copies no ping does not count as an answer. */
  #receivePong(payload: string): void {
    if (!this.#receive()) return;
    const index = this.#unanswered.findIndex((ping) => ping.payload === payload);
    if (index >= 0) this.#unanswered.splice(0, index + 1);
  }

  #receive(): boolean {
    if (!this.isOpen) return false;
    if (this.#countMessage(this.#options.nowMs())) return true;
    this.#closeForLimit('Too many requests');
    return false;
  }

  #closeForLimit(reason: string): void {
    this.#options.limitsSeen.closedForLimits++;
    this.close(1008, reason);
  }
}
