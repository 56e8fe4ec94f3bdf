// Sends the messages of an outbox, one at a time, for as long as it takes: with growing waits while the
// receiver is away, slowly once it has refused, then the others first. The outbox is its caller's, who keeps
// it on disk.

import { type BackoffLimits, planBackoffMs } from '../../lake/backoff.ts';
import type { Log } from '../../lake/log.ts';
import type { Message } from './alert.ts';
import { findNext } from './outbox.ts';
import type { Post, PostOutcome } from './post.ts';

export type DeliveryOptions = {
  /** Empty: nothing is sent. */
  readUrl(): string;
  post: Post;
  log: Log;
  random: () => number;
  /** Since the epoch. */
  readNowMs(): number;
  /** The outbox, oldest first. */
  listWaiting(): readonly Message[];
  /** Takes a message that has arrived out of the outbox. Resolves when that is on disk. */
  remove(message: Message): Promise<void>;
  limits?: DeliveryLimits;
};

export type DeliveryLimits = { retry: BackoffLimits; refused: BackoffLimits; tryWithinMs: number };

/** Why nothing arrives, and since when. */
export type DeliveryTrouble = { reason: string; sinceMs: number; isRefused: boolean };

const defaultLimits: DeliveryLimits = {
  retry: { firstMs: 1000, maxMs: 5 * 60_000 },
  refused: { firstMs: 10 * 60_000, maxMs: 60 * 60_000 },
  tryWithinMs: 10_000,
};

/** What a timer can hold. */
const maxTimerMs = 2 ** 31 - 1;

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #limits: DeliveryLimits;
  #running: Promise<void> | undefined;
  #attempts = 0;
  /** Messages that were refused since all were last tried. */
  readonly #refused = new Set<string>();
  #trouble: DeliveryTrouble | undefined;
  #wake: () => void = () => {};
  /** Monotonic; set when closing. */
  #endAtMs: number | undefined;
  readonly #end = new AbortController();

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#limits = options.limits ?? defaultLimits;
  }

  get trouble(): DeliveryTrouble | undefined {
    return this.#trouble;
  }

  /** Sends what there is, unless it is being sent. */
  start(): void {
    this.#running ??= this.#sendAll().finally(() => {
      this.#running = undefined;
    });
  }

  /** Tries at once, as after a change of the address. */
  hurry(): void {
    this.#refused.clear();
    this.#wake();
    this.start();
  }

  /** Sends what there is within that time, and then no more. */
  async close(withinMs: number): Promise<void> {
    this.#endAtMs = performance.now() + withinMs;
    const timer = setTimeout(() => this.#end.abort(), withinMs);
    this.hurry();
    await this.#running;
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    for (;;) {
      const message = this.#findNext();
      const url = this.#options.readUrl();
      const withinMs = Math.min(this.#limits.tryWithinMs, this.#leftMs());
      if (message === undefined || url === '' || withinMs <= 0) return;
      const outcome = await this.#options.post(url, message, withinMs, this.#end.signal);
      if (outcome.kind === 'sent') {
        await this.#noteSent(message);
        continue;
      }
      const waitMs = this.#noteTrouble(message, outcome);
      if (waitMs > this.#leftMs()) return;
      await this.#wait(waitMs);
    }
  }

  /** Where all were refused, they are tried again in their order. */
  #findNext(): Message | undefined {
    const waiting = this.#options.listWaiting();
    const next = findNext(waiting, this.#refused);
    if (next !== undefined) return next;
    this.#refused.clear();
    return waiting[0];
  }

  async #noteSent(message: Message): Promise<void> {
    const { log, remove } = this.#options;
    if (this.#trouble !== undefined) log.info('alerts are delivered again');
    this.#trouble = undefined;
    this.#attempts = 0;
    log.info(`alert ${message.status}: ${message.alert}: ${message.what}`);
    await remove(message);
  }

  /** How long to wait. It is logged when it begins, and when it turns out to be for good. */
  #noteTrouble(message: Message, outcome: Exclude<PostOutcome, { kind: 'sent' }>): number {
    const { log, random, readNowMs } = this.#options;
    const { reason } = outcome;
    const isRefused = outcome.kind === 'refused';
    const before = this.#trouble;
    this.#trouble = { reason, sinceMs: before?.sinceMs ?? readNowMs(), isRefused };
    const what = `send alert ${message.alert}: ${reason}`;
    if (isRefused) {
      if (before?.isRefused !== true) {
        log.error(`${what}; check alerting.webhook_url; it is kept, and tried now and then`);
      }
      this.#refused.add(message.id);
      return planBackoffMs(this.#attempts++, this.#limits.refused, random);
    }
    if (before === undefined) log.warn(`${what}; it is tried until it arrives`);
    const ownMs = planBackoffMs(this.#attempts++, this.#limits.retry, random);
    return Math.max(ownMs, outcome.afterMs ?? 0);
  }

  #wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(ms, maxTimerMs));
    this.#wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }

  #leftMs(): number {
    if (this.#endAtMs === undefined) return Number.MAX_SAFE_INTEGER;
    return Math.ceil(this.#endAtMs - performance.now());
  }
}
