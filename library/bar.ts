// Bars as a program gets them: the columns of `bars_1s` and its rollups in camelCase, with units in the names.
// Prices are in the quote asset, volumes in the asset they name. Holds no effects.

import type { Interval } from '../lake/interval.ts';
import type { OfInstrument, TimeSpan } from './rows.ts';

/** Which bars; those that begin within the span, in the order of time. */
export type BarRequest = TimeSpan & {
  symbol: string;
  /** Needed where more than one exchange of the lake has the symbol. */
  exchange?: string | undefined;
  interval: Interval;
  /** Whether what no run has transformed yet belongs to it; as the lake was opened, unless said here. */
  live?: boolean | undefined;
};

/**
 * A bar. A second in which nothing was observed has no bar, and a bar of a longer interval in which some seconds were not
 * observed says so by `seconds`; one in which nothing was traded repeats the close before.
 */
export type Bar = OfInstrument & {
  /** When it begins: milliseconds since the epoch, as `new Date()` takes them. */
  windowStartMs: number;
  /** First, highest, lowest and last trade price. */
  open: number;
  high: number;
  low: number;
  close: number;
  /** Sum of the quantities, in the base asset. */
  volumeBase: number;
  /** Sum of price times quantity, in the quote asset. */
  volumeQuote: number;
  /** The share of `volumeBase` that takers bought. */
  takerBuyBase: number;
  /** The share of `volumeQuote` that takers bought. */
  takerBuyQuote: number;
  /** How many trades; 0 where there was none. */
  tradeCount: number;
  /** Volume-weighted mean price; null without a trade. */
  vwap: number | null;
  /** Null without a trade. */
  firstTradeId: number | null;
  lastTradeId: number | null;
  /** Last best bid and ask before the bar ended, with the quantities there; null before the first quote. */
  bid: number | null;
  bidQty: number | null;
  ask: number | null;
  askQty: number | null;
  /** Ask minus bid of that quote. */
  spread: number | null;
  /** Updates of best bid and ask. */
  quoteCount: number;
  /** How many of the trades came from REST. */
  backfilled: number;
  /** How many seconds of it were observed. */
  seconds: number;
  /** Every second of it observed, and no trade id missing. */
  complete: boolean;
};

/** A bar of one second, with what is known of seconds alone. */
export type SecondBar = Bar & {
  /** Mean of ask minus bid over the updates of the second; null without one. */
  spreadMean: number | null;
  /** Receive time minus the exchange's event time, lower median and maximum of the trades; null without one. */
  latencyP50Ms: number | null;
  latencyMaxMs: number | null;
};

export const barKinds = {
  windowStartMs: 'number',
  open: 'number',
  high: 'number',
  low: 'number',
  close: 'number',
  volumeBase: 'number',
  volumeQuote: 'number',
  takerBuyBase: 'number',
  takerBuyQuote: 'number',
  tradeCount: 'number',
  vwap: 'number',
  firstTradeId: 'number',
  lastTradeId: 'number',
  bid: 'number',
  bidQty: 'number',
  ask: 'number',
  askQty: 'number',
  spread: 'number',
  quoteCount: 'number',
  backfilled: 'number',
  seconds: 'number',
  complete: 'boolean',
} as const;

export const secondBarKinds = {
  ...barKinds,
  spreadMean: 'number',
  latencyP50Ms: 'number',
  latencyMaxMs: 'number',
} as const;
