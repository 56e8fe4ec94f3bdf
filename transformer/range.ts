// Which seconds a run has to write again. Pure. A bar depends on its own second, on the trades before
// and after it (their ids prove what was observed) and on the last quote before it; so the range
// reaches from the known trade before the change to the next known trade and quote after it.

/** Seconds since the epoch, both inclusive. */
export type Change = { from: number; to: number };

/** Seconds since the epoch, `to` exclusive. */
export type Range = { from: number; to: number };

export type Neighbours = {
  /** Second of the last known trade before the change. */
  tradeBefore: number | undefined;
  /** Seconds of the first known trade and quote after it. */
  tradeAfter: number | undefined;
  quoteAfter: number | undefined;
  /** Last second that has a bar, or gets one because the first trade has become known. */
  lastBar: number | undefined;
};

/** The smallest change that holds all seconds given; undefined when there are none. */
export function spanChange(seconds: readonly (number | undefined | null)[]): Change | undefined {
  const known = seconds.filter((second) => second !== undefined && second !== null);
  if (known.length === 0) return undefined;
  return { from: Math.min(...known), to: Math.max(...known) };
}

export function planRange(change: Change, neighbours: Neighbours): Range {
  const { tradeBefore, tradeAfter, quoteAfter, lastBar } = neighbours;
  const last = lastBar ?? change.to;
  return {
    from: Math.min(tradeBefore ?? change.from, change.from),
    to: Math.max(change.to, tradeAfter ?? last, quoteAfter ?? last) + 1,
  };
}
