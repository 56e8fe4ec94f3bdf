// Sends a venue's REST requests within its limits: one weight governor per host, which counts what was
// sent in the last 60 s, reads the used weight the exchange reports, honours Retry-After, and keeps to
// its share, so that the rest of the limit is left to everything else at this address.

import { setTimeout as sleep } from 'node:timers/promises';
import { planBackoffMs } from '../lake/backoff.ts';
import type { Clock } from '../lake/clock.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';
import { fetchWhole, formatCause, type HttpAnswer } from './http-get.ts';
import type { RestRequest, VenueRest } from './rest.ts';
import { RestAdmission, type Wait } from './rest-admission.ts';
import { RestBlock } from './rest-block.ts';
import { RestError } from './rest-error.ts';
import { judgeStatus, type RestVerdict } from './rest-verdict.ts';
import { ServerClock } from './server-clock.ts';
import { type Moment, WeightGovernor } from './weight-governor.ts';

export type RestAnswer = {
  body: Buffer;
  /** Local wall-clock times before the request was sent and after the whole answer was there, µs. */
  sentUs: number;
  receivedUs: number;
};

export type RestClientOptions = {
  /** Name of the exchange, for messages. */
  exchange: string;
  rest: VenueRest;
  restUrl: string;
  /** Share of the exchange's weight per minute that this process may use, 0 to 1. */
  share: number;
  /** Root of the lake: `state/rest/<exchange>.json` says until when the exchange has blocked us. */
  root: string;
  clock: Clock;
  log: Log;
  /** Gives [0, 1). */
  random: () => number;
  /** How it waits; by timers of the process where it is not given. */
  wait?: Wait;
  /** How long an answer is waited for. Default 10 s, after which the exchange gives up, too. */
  answerWithinMs?: number;
};

export type RestClient = {
  /**
   * The answer, once the governor admits the request; requests are admitted in order. Transient failures
   * (network, 5xx, 429, 418) are tried again; other statuses, and transient ones that stay, reject with
   * RestError. Rejects with the signal's reason when it is aborted.
   */
  get(request: RestRequest, signal: AbortSignal): Promise<RestAnswer>;
  /**
   * The exchange has refused this address elsewhere (a WebSocket upgrade): requests of every process wait for
   * so long, too.
   */
  block(forMs: number, reason: string): Promise<void>;
  /** For status and health. */
  status(): { weightUsed: number; weightAllowed: number; blockedForMs: number; waiting: number };
};

const standardAnswerWithinMs = 10_000;
/** 1000 rows are about 200 kB. A raw line of more than 16 MB cannot be read. */
const maxAnswerBytes = 8 * 1024 * 1024;
const maxAttempts = 6;
const backoff = { firstMs: 500, maxMs: 10_000 };

export function openRestClient(options: RestClientOptions): RestClient {
  return new GovernedClient(options);
}

/** What became of one attempt. */
type Attempt =
  | { kind: 'answered'; answer: RestAnswer }
  | { kind: 'failed'; error: RestError; wasBlocked: boolean };

class GovernedClient implements RestClient {
  readonly #options: RestClientOptions;
  readonly #governor: WeightGovernor;
  readonly #block: RestBlock;
  readonly #serverClock: ServerClock;
  readonly #admission: RestAdmission;
  readonly #wait: Wait;

  constructor(options: RestClientOptions) {
    const { exchange, rest, share, root, clock } = options;
    this.#options = options;
    this.#governor = new WeightGovernor({ weightPerMinute: rest.weightPerMinute, share });
    this.#block = new RestBlock(root, exchange, clock);
    this.#serverClock = new ServerClock(clock.nowUs() / 1000 - clock.monotonicMs());
    this.#wait = options.wait ?? ((ms, signal) => sleep(ms, undefined, { signal }));
    this.#admission = new RestAdmission({
      exchange,
      governor: this.#governor,
      block: this.#block,
      serverClock: this.#serverClock,
      clock,
      wait: this.#wait,
    });
  }

  status() {
    return {
      weightUsed: this.#governor.used(this.#options.clock.monotonicMs()),
      weightAllowed: this.#governor.allowed,
      blockedForMs: this.#block.remainingMs(),
      waiting: this.#admission.waiting,
    };
  }

  async get(request: RestRequest, signal: AbortSignal): Promise<RestAnswer> {
    for (let attempt = 0; ; attempt++) {
      const admitted = await this.#admission.enter(request.weight, signal, attempt > 0);
      const result = await this.#send(request, admitted, signal);
      if (result.kind === 'answered') return result.answer;
      if (!result.error.retryable || attempt + 1 >= maxAttempts) throw result.error;
      this.#options.log.debug(`${result.error.message}; trying again`);
      // A block is waited out at the admission.
      if (!result.wasBlocked) await this.#pause(attempt, signal);
    }
  }

  async #send(request: RestRequest, admitted: Moment, signal: AbortSignal): Promise<Attempt> {
    const { rest, restUrl, clock, answerWithinMs = standardAnswerWithinMs } = this.#options;
    const url = `${restUrl.replace(/\/+$/, '')}${request.path}`;
    const bounds = { withinMs: answerWithinMs, maxBytes: maxAnswerBytes };
    const sentUs = clock.nowUs();
    try {
      const got = await fetchWhole({ url, headers: rest.headers, ...bounds, signal }).catch(
        (thrown) => this.#describeNoAnswer(request, thrown, signal),
      );
      if ('kind' in got) return got;
      const receivedUs = clock.nowUs();
      const verdict = await this.#learn(got, admitted);
      return verdict.kind === 'served'
        ? { kind: 'answered', answer: { body: got.body, sentUs, receivedUs } }
        : this.#describeStatus(request, got, verdict);
    } finally {
      this.#admission.leave(request.weight);
    }
  }

  /** Takes over what an answer says of limits, clock and blocks. */
  async #learn({ status, headers }: HttpAnswer, admitted: Moment): Promise<RestVerdict> {
    const { exchange, rest, clock, log } = this.#options;
    const dateMs = Date.parse(headers.get('Date') ?? '');
    if (!Number.isNaN(dateMs)) {
      this.#serverClock.noteDate(dateMs, admitted.localMs, clock.monotonicMs());
    }
    const used = Number(headers.get(rest.usedWeightHeader) ?? Number.NaN);
    if (Number.isFinite(used)) this.#governor.report(used, admitted);
    const verdict = judgeStatus(status, headers.get('Retry-After'), clock.nowUs() / 1000);
    if (verdict.kind === 'blocked') {
      const wasBlocked = this.#block.remainingMs() > 0;
      await this.block(verdict.forMs, `status ${status}`);
      if (!wasBlocked) {
        const forSeconds = Math.ceil(verdict.forMs / 1000);
        log.warn(`${exchange} refuses REST requests for a while`, { status, forSeconds });
      }
    }
    return verdict;
  }

  /** A block that other processes cannot be told of holds for this one all the same. */
  async block(forMs: number, reason: string): Promise<void> {
    try {
      await this.#block.begin(forMs, reason);
    } catch (thrown) {
      if (!(thrown instanceof OperationalError)) throw thrown;
      this.#options.log.warn(`${thrown.message}\n  other processes do not know of the block`);
    }
  }

  #describeNoAnswer(request: RestRequest, thrown: unknown, signal: AbortSignal): Attempt {
    if (signal.aborted) throw signal.reason;
    const hint = `check the network, and exchanges.${this.#options.exchange}.rest_url`;
    const what = this.#describe(request, formatCause(thrown));
    const error = new RestError(what, { hint, retryable: true, cause: thrown });
    return { kind: 'failed', error, wasBlocked: false };
  }

  #describeStatus(request: RestRequest, answer: HttpAnswer, { kind }: RestVerdict): Attempt {
    const { status, body } = answer;
    const refusal = this.#options.rest.findRefusal(body);
    const said = refusal === undefined ? '' : `: ${refusal.text} (${refusal.code})`;
    const what = this.#describe(request, `status ${status}${said}`);
    const hint = `the exchange may not serve this address or path: try another exchanges.${this.#options.exchange}.rest_url`;
    const failure = { status, code: refusal?.code, retryable: kind !== 'refused' };
    const isForbidden = [401, 403, 451].includes(status);
    const error = new RestError(what, isForbidden ? { ...failure, hint } : failure);
    return { kind: 'failed', error, wasBlocked: kind === 'blocked' };
  }

  #describe({ path }: RestRequest, reason: string): string {
    return `get ${this.#options.exchange} ${path}: ${reason}`;
  }

  async #pause(attempt: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#wait(planBackoffMs(attempt, backoff, this.#options.random), signal);
    } catch (thrown) {
      throw signal.aborted ? signal.reason : thrown;
    }
  }
}
