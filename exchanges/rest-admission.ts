// Lets requests through one by one, in the order they came: when the exchange has not blocked us, the
// governor has room, and few enough are under way. The queue is bounded; whoever waits can be aborted.

import { once } from 'node:events';
import type { Clock } from '../lake/clock.ts';
import type { RestBlock } from './rest-block.ts';
import { RestError } from './rest-error.ts';
import type { ServerClock } from './server-clock.ts';
import type { Moment, WeightGovernor } from './weight-governor.ts';

/** Resolves after so many milliseconds, or rejects when `signal` is aborted. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<unknown>;

export type AdmissionOptions = {
  exchange: string;
  governor: WeightGovernor;
  block: RestBlock;
  serverClock: ServerClock;
  clock: Clock;
  wait: Wait;
};

type Waiting = { weight: number; admit: () => void; refuse: (reason: unknown) => void };

const maxUnderWay = 8;
const maxWaiting = 5000;
/** A longer block is told to the caller instead of waited out. */
const maxBlockWaitMs = 10 * 60_000;

export class RestAdmission {
  readonly #options: AdmissionOptions;
  readonly #queue: Waiting[] = [];
  #underWay = 0;
  #isAdmitting = false;
  #interrupt = new AbortController();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /**
   * Resolves with the moment of admission; `leave` must follow. `again`: it was admitted before, and goes
   * first. Rejects with the signal's reason, or with RestError where it would wait too long.
   */
  async enter(weight: number, signal: AbortSignal, again: boolean): Promise<Moment> {
    signal.throwIfAborted();
    const { exchange, governor } = this.#options;
    if (weight > governor.allowed) {
      throw new RestError(
        `request ${exchange}: weight ${weight} is above the ${governor.allowed} allowed per minute`,
        { hint: 'raise fill.rest_weight_percent', retryable: false },
      );
    }
    if (this.#queue.length >= maxWaiting) {
      throw new RestError(`request ${exchange}: ${maxWaiting} requests are waiting already`, {
        hint: 'ask for less at a time, or raise fill.rest_weight_percent',
        retryable: true,
      });
    }
    await this.#queueUp(weight, signal, again);
    return this.now();
  }

  /** The request was answered, or given up. */
  leave(weight: number): void {
    this.#underWay--;
    this.#options.governor.finish(weight, this.#options.clock.monotonicMs());
    this.#interrupt.abort();
  }

  now(): Moment {
    const localMs = this.#options.clock.monotonicMs();
    return { localMs, exchangeMs: this.#options.serverClock.earliestMs(localMs) };
  }

  async #queueUp(weight: number, signal: AbortSignal, again: boolean): Promise<void> {
    const { promise, resolve: admit, reject: refuse } = Promise.withResolvers<void>();
    const waiting = { weight, admit, refuse };
    if (again) this.#queue.unshift(waiting);
    else this.#queue.push(waiting);
    const abort = () => {
      const index = this.#queue.indexOf(waiting);
      if (index < 0) return;
      this.#queue.splice(index, 1);
      refuse(signal.reason);
      this.#interrupt.abort();
    };
    signal.addEventListener('abort', abort, { once: true });
    if (again) this.#interrupt.abort();
    void this.#admitAll();
    await promise.finally(() => signal.removeEventListener('abort', abort));
  }

  async #admitAll(): Promise<void> {
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    while (this.#queue.length > 0) await this.#admitNext();
    this.#isAdmitting = false;
  }

  async #admitNext(): Promise<void> {
    const { exchange, block, governor } = this.#options;
    try {
      await block.refresh();
    } catch (thrown) {
      this.#queue.shift()?.refuse(thrown);
      return;
    }
    const next = this.#queue[0];
    if (next === undefined) return;
    const blockedMs = block.remainingMs();
    if (blockedMs > maxBlockWaitMs) {
      this.#queue.shift();
      next.refuse(describeBlock(exchange, blockedMs));
      return;
    }
    const isFull = this.#underWay >= maxUnderWay;
    const roomMs = isFull ? Number.POSITIVE_INFINITY : governor.planWaitMs(next.weight, this.now());
    const waitMs = Math.max(blockedMs, roomMs);
    if (waitMs > 0) {
      await this.#waitForChange(waitMs);
      return;
    }
    this.#queue.shift();
    this.#underWay++;
    governor.start(next.weight);
    next.admit();
  }

  /** Ends early when a request was answered, aborted or put first. */
  async #waitForChange(ms: number): Promise<void> {
    this.#interrupt = new AbortController();
    const { signal } = this.#interrupt;
    if (ms === Number.POSITIVE_INFINITY) {
      await once(signal, 'abort');
      return;
    }
    try {
      await this.#options.wait(ms, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}

function describeBlock(exchange: string, blockedMs: number): RestError {
  const minutes = Math.ceil(blockedMs / 60_000);
  return new RestError(`request ${exchange}: it has blocked this address for ${minutes} more min`, {
    hint: 'wait for the end of the block, see state/rest; find out what else at this address uses the exchange',
    retryable: true,
  });
}
