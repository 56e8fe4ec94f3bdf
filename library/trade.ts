// Trades as a program gets them: the columns of `trades` in camelCase, with units in the names. Holds no effects.

import type { OfInstrument, TimeSpan } from './rows.ts';

/** Which trades; those within the span, in the order of time and, at the same microsecond, of ids. */
export type TradeRequest = TimeSpan & {
  symbol: string;
  /** Needed where more than one exchange of the lake has the symbol. */
  exchange?: string | undefined;
  /** Whether what no run has transformed yet belongs to it; as the lake was opened, unless said here. */
  live?: boolean | undefined;
};

/** Where the copy of a trade that the lake keeps came from. */
export type TradeSource = 'live' | 'rest' | 'archive';

/** A trade, each once. */
export type Trade = OfInstrument & {
  /** The exchange's own id; counts up by one. */
  tradeId: number;
  /** In the quote asset. */
  price: number;
  /** In the base asset. */
  quantity: number;
  /** Price times quantity, in the quote asset. */
  quoteQuantity: number;
  /** Whether the buyer's order was in the book: true is a sale by the taker. */
  buyerIsMaker: boolean;
  /**
   * When the exchange matched it: microseconds since the epoch, which a number holds exactly. `new Date(us / 1000)` cuts
   * them to milliseconds.
   */
  tradeTimeUs: number;
  /** When it was received here, by the local clock: microseconds since the epoch. */
  recvTimeUs: number;
  source: TradeSource;
};

export const tradeKinds = {
  tradeId: 'number',
  price: 'number',
  quantity: 'number',
  quoteQuantity: 'number',
  buyerIsMaker: 'boolean',
  tradeTimeUs: 'number',
  recvTimeUs: 'number',
  source: 'text',
} as const;
