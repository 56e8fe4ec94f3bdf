// Maintenance: spans of the exchange's time in which nothing is traded. The market's own time stands
// still in them, so what comes after is what would have come without them, later, with the same ids.

export type TradingPause = { fromUs: number; untilUs: number };

export class TradingPauses {
  /** In order of time, apart from each other. */
  #pauses: readonly TradingPause[] = [];

  /** Adds a pause that begins after all others have ended. */
  add({ fromUs, untilUs }: TradingPause): void {
    const last = this.#pauses.at(-1);
    if (untilUs <= fromUs || (last !== undefined && fromUs < last.untilUs)) {
      throw new RangeError(`pause trading: ${fromUs} to ${untilUs} is no span after the others`);
    }
    this.#pauses = [...this.#pauses, { fromUs, untilUs }];
  }

  /** Grows with every pause. */
  get count(): number {
    return this.#pauses.length;
  }

  /** What of the market's own time has passed at a time of the exchange. */
  toMarketUs(exchangeUs: number): number {
    let pausedUs = 0;
    for (const { fromUs, untilUs } of this.#pauses) {
      if (exchangeUs <= fromUs) break;
      pausedUs += Math.min(exchangeUs, untilUs) - fromUs;
    }
    return exchangeUs - pausedUs;
  }

  /** The exchange's time at which the market's own time is reached, and left again. */
  toExchangeUs(marketUs: number): number {
    let exchangeUs = marketUs;
    for (const { fromUs, untilUs } of this.#pauses) {
      if (exchangeUs < fromUs) break;
      exchangeUs += untilUs - fromUs;
    }
    return exchangeUs;
  }

  /** When trading stops next after a time of the exchange. */
  nextUs(exchangeUs: number): number {
    const next = this.#pauses.find(({ fromUs }) => fromUs > exchangeUs);
    return next?.fromUs ?? Number.POSITIVE_INFINITY;
  }

  /** Whether a whole span lies in a pause. */
  covers(spanFromUs: number, spanUntilUs: number): boolean {
    return this.#pauses.some(
      ({ fromUs, untilUs }) => fromUs <= spanFromUs && spanUntilUs <= untilUs,
    );
  }
}
