// What a fill of one symbol works with: where trades come from and where their parts go. Holds no
// effects.

import type { Clock } from '../../lake/clock.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import type { FillParts } from './fill-parts.ts';
import type { VenueAccess } from './venue-access.ts';

export type FillWork = {
  root: string;
  instrument: Instrument;
  access: VenueAccess;
  parts: FillParts;
  clock: Clock;
  signal: AbortSignal;
  log: Log;
  /** Called with the number of wanted trades that have come. */
  onTrades: (trades: number) => void;
};
