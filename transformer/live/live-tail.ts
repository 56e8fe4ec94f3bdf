// The live tail: trades and bars of raw that no run has transformed yet, down to the part being written, made by
// the transformer's own SQL and laid where the views `bars_live` and `trades_live` find it. Never touches a partition.

import type { Config } from '../../lake/config.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';

export type LiveTail = {
  /** Brings the tail of the instruments, or of all, up to date with what is on disk now. */
  refresh(instruments?: readonly Instrument[]): Promise<void>;
  close(): void;
};

export async function openLiveTail(_config: Config, _log: Log): Promise<LiveTail> {
  return { refresh: async () => {}, close: () => {} };
}
