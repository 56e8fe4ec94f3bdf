// Has the trades of seconds that differ fetched from the exchange and derived. The caller holds the lock
// `rest`.

import { usPerSecond } from '../../lake/day.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { ModeContext } from '../../lake/mode.ts';
import { renewCatalog } from '../../transformer/renew-catalog.ts';
import { transformLake } from '../../transformer/transform-lake.ts';
import { fillSpan } from '../backfill/fill.ts';
import type { VenueAccess } from '../backfill/venue-access.ts';
import type { Span } from './spans.ts';

/** Throws OperationalError where they could not be fetched or derived. */
export async function fillSeconds(
  context: ModeContext,
  access: VenueAccess,
  instrument: Instrument,
  spans: readonly Span[],
): Promise<void> {
  const request = { context, access, instrument, purpose: 'reconcile' };
  for (const { from, to } of spans) {
    await fillSpan(request, from * usPerSecond, to * usPerSecond - 1);
  }
  const [failure] = (await transformLake(context, instrument, renewCatalog)).failures;
  if (failure !== undefined) throw new OperationalError(failure);
}
