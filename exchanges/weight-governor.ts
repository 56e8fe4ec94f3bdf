// Decides when a request may be sent, by two counts of weight. Our own: in no 60 s more than our share of
// the exchange's limit. The address's, which others use too: what the exchange last said is used of its
// running clock minute, which must stay below 95 % of the limit. Holds no effects; times are arguments.
//
// A request counts from before it is sent until 60 s after its answer: whenever in between the exchange
// has counted it, no minute of the exchange holds more than our share.

export type GovernorLimits = {
  /** Weight the exchange allows per address and clock minute. */
  weightPerMinute: number;
  /** The part of it that is ours, 0 to 1. */
  share: number;
};

/** A moment on the two clocks that matter. */
export type Moment = {
  /** Our monotonic clock, ms. */
  localMs: number;
  /** The exchange's clock, ms since the epoch, rather too early than too late. */
  exchangeMs: number;
};

const minuteMs = 60_000;
/** Left free of the address's limit, for what others send before we hear of it. */
const addressShare = 0.95;

export class WeightGovernor {
  /** Our part of the limit, in weight per 60 s. */
  readonly allowed: number;
  readonly #addressLimit: number;
  #answered: { atMs: number; weight: number }[] = [];
  #answeredWeight = 0;
  #underWay = 0;
  /** The highest used weight the exchange has reported in its latest minute. */
  #reported = { minute: -1, used: 0 };

  constructor({ weightPerMinute, share }: GovernorLimits) {
    this.allowed = Math.floor(weightPerMinute * share);
    this.#addressLimit = Math.floor(weightPerMinute * addressShare);
  }

  /**
   * How long a request of that weight must wait, ms; Infinity where only the answer of a request under
   * way can make room for it. Must not be asked for more than `allowed`.
   */
  planWaitMs(weight: number, now: Moment): number {
    this.#forget(now.localMs);
    return Math.max(this.#planOwnWaitMs(weight, now), this.#planAddressWaitMs(weight, now));
  }

  /** A request is about to be sent. */
  start(weight: number): void {
    this.#underWay += weight;
  }

  /** It was answered, or given up. */
  finish(weight: number, nowMs: number): void {
    this.#underWay -= weight;
    this.#answered.push({ atMs: nowMs, weight });
    this.#answeredWeight += weight;
  }

  /** What the exchange says is used of its minute, in the answer to a request sent at `sent`. */
  report(used: number, sent: Moment): void {
    const minute = Math.floor(sent.exchangeMs / minuteMs);
    if (minute < this.#reported.minute) return;
    const before = minute === this.#reported.minute ? this.#reported.used : 0;
    this.#reported = { minute, used: Math.max(before, used) };
  }

  /** Our own weight of the last 60 s, with what is under way. */
  used(nowMs: number): number {
    this.#forget(nowMs);
    return this.#answeredWeight + this.#underWay;
  }

  #planOwnWaitMs(weight: number, { localMs }: Moment): number {
    let excess = this.#answeredWeight + this.#underWay + weight - this.allowed;
    if (excess <= 0) return 0;
    for (const answered of this.#answered) {
      excess -= answered.weight;
      if (excess <= 0) return answered.atMs + minuteMs - localMs;
    }
    return Number.POSITIVE_INFINITY;
  }

  #planAddressWaitMs(weight: number, { exchangeMs }: Moment): number {
    const minute = Math.floor(exchangeMs / minuteMs);
    const used = minute === this.#reported.minute ? this.#reported.used : 0;
    const room = this.#addressLimit - used - weight;
    if (this.#underWay <= room) return 0;
    return room >= 0 ? Number.POSITIVE_INFINITY : (minute + 1) * minuteMs - exchangeMs;
  }

  #forget(nowMs: number): void {
    while (this.#answered.length > 0 && this.#answered[0]!.atMs <= nowMs - minuteMs) {
      this.#answeredWeight -= this.#answered.shift()!.weight;
    }
  }
}
