// The subscriptions of one connection: which requests are to be sent, at what pace, and which are
// answered. Decides only; the connection sends. Every request is answered within a bound or counts
// as overdue.

import type { Exchange, Stream, SubscribeRequest } from '../exchanges/exchange.ts';

const answerWithinMs = 10_000;

type Pending = { request: SubscribeRequest; sentMs: number };

export class Subscription {
  readonly #exchange: Pick<Exchange, 'planSubscribe' | 'limits'>;
  readonly #queue: SubscribeRequest[] = [];
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #lastSentMs = Number.NEGATIVE_INFINITY;

  constructor(exchange: Pick<Exchange, 'planSubscribe' | 'limits'>, streams: readonly Stream[]) {
    this.#exchange = exchange;
    this.request(streams);
  }

  /** Queues the requests that subscribe `streams`. */
  request(streams: readonly Stream[]): void {
    const requests = this.#exchange.planSubscribe(streams, this.#nextId);
    this.#nextId += requests.length;
    this.#queue.push(...requests);
  }

  /** The message to send now, or undefined when none is due yet. */
  takeDue(nowMs: number): string | undefined {
    if (!this.#isPaced(nowMs)) return undefined;
    const request = this.#queue.shift();
    if (request === undefined) return undefined;
    this.noteSent(nowMs);
    this.#pending.set(request.id, { request, sentMs: nowMs });
    return request.text;
  }

  /** Whether another message may be sent now: none of ours waits, and the pace allows one. */
  isFree(nowMs: number): boolean {
    return this.#queue.length === 0 && this.#isPaced(nowMs);
  }

  /** A message was sent; the exchange counts every one. */
  noteSent(nowMs: number): void {
    this.#lastSentMs = nowMs;
  }

  #isPaced(nowMs: number): boolean {
    return nowMs - this.#lastSentMs >= 1000 / this.#exchange.limits.messagesPerSecond;
  }

  /** The streams of the request with that id, which is answered now; undefined for an unknown id. */
  answer(id: number): readonly Stream[] | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    return pending?.request.streams;
  }

  /** Counts the time to answer from now on: until now, answers were not read. */
  restart(nowMs: number): void {
    for (const pending of this.#pending.values()) pending.sentMs = nowMs;
  }

  /** Whether every request is sent and answered. */
  get isComplete(): boolean {
    return this.#queue.length === 0 && this.#pending.size === 0;
  }

  /** Whether the exchange has left a request unanswered for too long. */
  isOverdue(nowMs: number): boolean {
    for (const { sentMs } of this.#pending.values()) {
      if (nowMs - sentMs > answerWithinMs) return true;
    }
    return false;
  }
}
