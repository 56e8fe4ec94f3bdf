// What a verification works with, and the days it finds of an instrument.

import type { Day } from '../../lake/day.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import type { KeptSession } from '../../lake/kept-session.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { listQuoteDays } from '../../transformer/partitions.ts';
import { listRawDays } from '../../transformer/parts.ts';
import type { PartReader } from './measure-part.ts';
import { listStoredDays } from './stored-day.ts';

export type VerifyRun = {
  /** The session of `sessions`. */
  readonly session: DuckdbSession;
  sessions: KeptSession<DuckdbSession>;
  root: string;
  /** A folder of our own, for days derived again. */
  scratch: string;
  reader: PartReader;
  /** Whether a collector runs, which owns the parts that are open. */
  isCollecting: () => Promise<boolean>;
  nowUs: () => number;
  log: Log;
  /** Called with the bytes of raw parts derived. */
  onProgress: (bytes: number) => void;
  isStopped: () => boolean;
};

/** Days of which something is stored, ascending each. */
export type InstrumentDays = { bars: Day[]; trades: Day[]; quotes: Day[]; raw: Day[] };

export async function listInstrumentDays(
  root: string,
  instrument: Instrument,
): Promise<InstrumentDays> {
  return {
    bars: await listStoredDays(root, 'bars_1s', instrument),
    trades: await listStoredDays(root, 'trades', instrument),
    quotes: await listQuoteDays(root, instrument),
    raw: await listRawDays(root, instrument),
  };
}
