// A trade as the exchange knows it, and the history in which trades are looked up: what the streams
// send, what REST answers and what the truth is computed from.

/** A trade. Price and quantity as written on the wire, times in microseconds since the epoch. */
export type Trade = {
  id: number;
  /** Trades of one taker order at one price share an aggregate trade. */
  aggregateId: number;
  price: string;
  quantity: string;
  timeUs: number;
  /** When the streams publish it. */
  eventUs: number;
  buyerIsMaker: boolean;
};

/** By what a trade is found; all three grow with the trade id. */
export type TradeKey = 'id' | 'aggregateId' | 'timeUs';

/** The published trades of each symbol, without a hole from the first kept to the last. */
export type TradeHistory = {
  first(symbol: string): Trade | undefined;
  last(symbol: string): Trade | undefined;
  /** The last trade before a time, or undefined where there is none. */
  lastBefore(symbol: string, timeUs: number): Trade | undefined;
  /** The trades from the first whose `key` is at least `from`, in order of id. */
  scan(symbol: string, key: TradeKey, from: number): Iterable<Trade>;
  /** Whether the exchange was not trading in a whole span, so that it made no kline of it. */
  isPaused?(fromUs: number, untilUs: number): boolean;
};
