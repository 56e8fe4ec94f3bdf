// What a publication works on: the session's new tables, what has been read since the last one, and what
// stood before.

import type { Day } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import type { Instrument } from '../lake/layout.ts';
import type { readPartitionManifest } from '../lake/partition-manifest.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Range } from './range.ts';

export type Publication = {
  session: DuckdbSession;
  root: string;
  instrument: Instrument;
  ledger: Ledger;
  /** What the parts read since the last publication say. */
  fresh: readonly LedgerEntry[];
  /** Days to be derived from nothing: what stands there is not looked at. Emptied as days are written. */
  discarded: Set<Day>;
  /**
   * Days with a Parquet file that lies in a store alone, or is damaged beyond repair here: known by their
   * manifests as far as these can be read, and not to be changed.
   */
  away: ReadonlySet<Day>;
  /** Reads a partition's manifest, or knows what it says. */
  readManifest: typeof readPartitionManifest;
  /** The receipt days with a known part that may say something of the days from the first to the last. */
  findReceiptDays: (first: Day, last: Day) => Promise<Day[]>;
  /** What is known beside the partitions. */
  tail?: KnownTail | undefined;
};

/** What was derived of parts and is in no partition (`live/`): known to a derivation as if it were. */
export type KnownTail = {
  /** Its bars, trades and quote seconds. A quote second of it takes the place of a partition's. */
  files: TailFiles;
  /** Last second with a bar, in a partition or in it; undefined where there is none. */
  lastBar: number | undefined;
  /** All that is known from a second with a trade on, of partitions and of it. */
  edge: { from: number; files: TailFiles } | undefined;
};

export type TailFiles = { bars: string; trades: string; quotes: string };

/** Days of an instrument that have something stored, here or away, by kind, ascending. */
export type Stored = { bars: Day[]; trades: Day[]; quotes: Day[] };

/** One day of a range, to be written. */
export type DayWork = Publication & {
  range: Range;
  day: Day;
  /** The parts that may say something of the day, known and new. */
  parts: readonly LedgerEntry[];
  hasBars: boolean;
  /** Whether a later day has bars, or gets some now. */
  hasLaterBars: boolean;
  /** Trade lines the new parts brought for the day, copies included. */
  newTradeLines: number;
  /** Whether a partition stands that the new one grows out of. */
  knownBars: boolean;
  knownTrades: boolean;
  /** Last known trade id before the day. */
  previousTradeId: number | undefined;
};

/** A dataset's file of the day, staged, or as it stands where it does not change. */
export type StagedFile = { path: string; sha256: string; bytes: number; staged: boolean };
