// What the web server asks the processes beside it, and what they answer: messages over IPC, where buffers stay
// buffers. The server has no DuckDB, and the processes know nothing of HTTP. Holds no effects.

import { type Interval, intervalSeconds } from '../../lake/interval.ts';
import type { Instrument } from '../../lake/layout.ts';

/** Length of an interval, µs. */
export function toWidthUs(interval: Interval): number {
  return intervalSeconds[interval] * 1_000_000;
}

export const formats = ['json', 'csv', 'arrow', 'parquet'] as const;
export type Format = (typeof formats)[number];

/** A symbol as it is asked for: its exchange may be left out where there is only one. */
export type WantedSymbol = { symbol: string; exchange?: string | undefined };

/** From inclusive, to exclusive; µs since the epoch. */
export type WantedRows = WantedSymbol & {
  fromUs?: number | undefined;
  toUs?: number | undefined;
  limit: number;
  /** Whether so many rows were asked for; else more than that are refused where the answer is a file. */
  isCutWanted: boolean;
  format: Format;
};

export type WantedDays = {
  symbol?: string | undefined;
  exchange?: string | undefined;
  fromUs?: number | undefined;
  toUs?: number | undefined;
};

/** Bars of a symbol from a moment on, for live streams. */
export type LiveWatch = { instrument: Instrument; interval: Interval; fromUs: number };
/** `text` is what a client is sent: JSON. */
export type LiveBar = { startUs: number; isFinal: boolean; text: string };
/** `isFresh`: made after the live tail was brought up to date. */
export type LiveAnswer = { bars: LiveBar[]; quote: string | null; isFresh: boolean };
/** Bars of an answer at most; where there are so many, there may be more. */
export const liveRows = 5000;

export type DataQuestion =
  | { about: 'resolve'; wanted: WantedSymbol[] }
  | { about: 'live'; watches: LiveWatch[]; freshWithinMs: number }
  | { about: 'symbols' }
  | ({ about: 'bars'; interval: Interval; isAtOnce: boolean } & WantedRows)
  | ({ about: 'trades' } & WantedRows)
  | ({ about: 'latest' } & WantedSymbol)
  | ({ about: 'quality' } & WantedDays)
  | ({ about: 'gaps' } & WantedDays)
  | { about: 'schema' }
  /** Has the live tail brought up to date: SQL is about to read it. */
  | { about: 'freshen' };

/** The SQL of a person; JSON holds `limit` rows at most. */
export type SqlQuestion = { sql: string; format: Format; limit: number };

/** A whole answer, or a file that the asker reads and removes. */
export type Answer = { body: Uint8Array } | { path: string };

/** From the server to a process. */
export type Asked<Question> = { id: number; question: Question } | { cancel: number };

/** From a process to the server. */
export type Replied =
  | { isReady: true }
  | { id: number; answer: Answer }
  | {
      id: number;
      refusal: { status: number; text: string; retryAfterSeconds?: number | undefined };
    };
