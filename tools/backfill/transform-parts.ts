// Makes partitions of one symbol's new parts, as the transformer would at its next turn.

import { listNames } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { type Instrument, rawDir } from '../../lake/layout.ts';
import { renewCatalog } from '../../transformer/renew-catalog.ts';
import { transformLake } from '../../transformer/transform-lake.ts';
import type { BackfillContext } from './backfill-context.ts';

/** Transforms what is new of the symbol. Throws OperationalError where that fails. */
export async function transformParts(
  context: BackfillContext,
  instrument: Instrument,
): Promise<void> {
  if ((await listNames(rawDir(context.config.root, instrument))).length === 0) return;
  const { failures } = await transformLake(context, instrument, renewCatalog);
  if (failures.length === 0) return;
  throw new OperationalError(failures.join('; '), {
    hint: 'what was fetched is in the raw parts; run --mode transform when the reason is gone',
  });
}
