// Derives one instrument's partitions from its raw parts into a root of their own, as the ordinary run
// would, so that they can be compared with those that stand. The lake itself is only read, without a
// lock: sealed parts never change.

import type { DuckdbSession } from '../lake/duckdb.ts';
import type { Instrument } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { openLedger } from './ledger.ts';
import { emptyPlan, type PartSets } from './run-plan.ts';
import { type InstrumentResult, transformInstrument } from './transform-instrument.ts';
import { findVenue } from './venue.ts';

export type Derivation = {
  instrument: Instrument;
  /**
   * Where the partitions, their manifests and what the run keeps are written. Empty before, or with days
   * for the derived ones to grow between, as an earlier run would have left them.
   */
  into: string;
  /** The parts to read, and those that such days were made of. */
  parts: PartSets;
  log: Log;
  /** Called with the bytes of raw parts done. */
  onProgress?: (bytes: number) => void;
  isStopped?: () => boolean;
};

/**
 * Derives the instrument in a session of `openTransformSession`. The partitions have the bytes the
 * ordinary run gives them, as long as all parts are read that those were made of: a day depends on the
 * last trade, quote and moment of listening before it, too.
 */
export async function deriveInstrument(
  session: DuckdbSession,
  { onProgress = () => {}, isStopped = () => false, ...derivation }: Derivation,
): Promise<InstrumentResult> {
  const { instrument, into, parts, log } = derivation;
  return transformInstrument(
    {
      session,
      root: into,
      exchange: findVenue(instrument.exchange),
      instrument,
      ledger: openLedger(into, instrument),
      log,
      onProgress,
      isStopped,
    },
    { ...emptyPlan(), ...parts },
  );
}
