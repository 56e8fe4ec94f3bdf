// Derives one instrument's partitions from its raw parts into a root of their own, as the ordinary run
// would, so that they can be compared with those that stand. The lake itself is only read, without a
// lock: sealed parts never change.

import type { Instrument } from '../lake/layout.ts';
import { openLedger } from './ledger.ts';
import { listParts, type Part } from './parts.ts';
import { openTransformSession } from './session.ts';
import { type InstrumentResult, transformInstrument } from './transform-instrument.ts';
import { findVenue, type TransformContext } from './transform-lake.ts';

export type Derivation = {
  instrument: Instrument;
  /** Where the partitions, their manifests and what the run keeps are written; empty before. */
  into: string;
  /** Which sealed parts to read, by path below the root; `Part` has their sizes for a progress bar. */
  isInput: (part: Part) => boolean;
  /** Called with the bytes of raw parts done. */
  onProgress?: (bytes: number) => void;
};

/**
 * Derives the instrument into an empty root. The partitions have the bytes the ordinary run gives them,
 * as long as all parts are read that those were made of: a day depends on the last trade, quote and
 * moment of listening before it, too.
 */
export async function deriveInstrument(
  { config, log, signal }: Pick<TransformContext, 'config' | 'log' | 'signal'>,
  { instrument, into, isInput, onProgress = () => {} }: Derivation,
): Promise<InstrumentResult> {
  const parts = await listParts(config.root, instrument);
  const session = await openTransformSession({ ...config, root: into });
  try {
    return await transformInstrument(
      {
        session,
        root: into,
        exchange: findVenue(instrument.exchange),
        instrument,
        ledger: openLedger(into, instrument),
        log,
        onProgress,
        isStopped: () => signal.aborted,
      },
      { pending: parts.filter(isInput), known: [] },
    );
  } finally {
    session.close();
  }
}
