// How complete a day of a symbol is, as a program gets it: the columns of the view `quality` in camelCase. A type alone.

import type { OfInstrument, TimeSpan } from './rows.ts';

/** Whose days; those that have a moment within the span. All of the lake where nothing is said. */
export type QualityRequest = TimeSpan & {
  symbol?: string | undefined;
  exchange?: string | undefined;
};

/** A day of a symbol, as its manifest says; the running day up to where it was transformed. */
export type Quality = OfInstrument & {
  /** `2026-03-01`, UTC. */
  day: string;
  /** 100 where no second and no trade id is missing, never rounded up. */
  completenessPercent: number;
  /** Seconds of the day since the symbol's first, up to where it is known. */
  secondsExpected: number;
  secondsCovered: number;
  secondsMissing: number;
  trades: number;
  /** Trade ids that are missing between those that are there. */
  tradesMissing: number;
  /** Null on a day without a trade. */
  firstTradeId: number | null;
  lastTradeId: number | null;
  /** Trades that came from REST or an archive. */
  tradesFilled: number;
  /** Copies of trades that were received more than once. */
  duplicatesRemoved: number;
  /** Lines that could not be read, and were set aside. */
  linesQuarantined: number;
  bars: number;
  /** How many times the day was written; 0 where it is missing altogether. */
  revision: number;
};
