// Where the data comes from: the market model or a recording. The server asks a source for what REST
// answers, and calls it regularly to publish what is due.

import type { Instrument } from './instrument.ts';
import type { Kline } from './klines.ts';
import type { TradeHistory } from './trade.ts';

/** Where a source puts its frames. */
export type Source = {
  instruments: readonly Instrument[];
  /** The exchange's time, microseconds since the epoch. */
  nowUs(): number;
  /** Publishes everything that is due by now. */
  advance(): void;
  /** The trades published so far, and those of the time before. */
  history: TradeHistory;
  /** Klines as `findKlines` finds them. */
  findKlines(
    symbol: string,
    intervalUs: number,
    fromUs: number,
    untilUs: number,
    limit: number,
  ): Promise<readonly Kline[]>;
  /** The REST answer for the book's best `limit` levels; undefined where there is no book. */
  findDepth(symbol: string, limit: number): string | undefined;
  /** Stops trading for so long, from a second soon to come. A recording cannot. */
  pauseTrading?(durationMs: number): void;
};
