// Brings live tails up to what has been published since they were made. Until then a tail shows what it showed, over
// the newer partitions: whoever reads meanwhile sees no bar vanish, and no second go back. A tail nobody has looked
// at since is emptied, one that cannot be made is, too: it must never stand in front of a newer revision for long.

import type { Config } from '../../lake/config.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { openLedger } from '../ledger.ts';
import { listRawDays } from '../parts.ts';
import { emptyTail, isTailEmpty } from './empty-tail.ts';
import { type LiveTail, openLiveTail } from './live-tail.ts';
import { readOpenLayer } from './open-layer.ts';
import { readSealedLayer } from './sealed-layer.ts';
import { awaitTailLock } from './tail-lock.ts';
import { readTailStamp } from './tail-stamp.ts';

type TailContext = { config: Pick<Config, 'root' | 'live' | 'transformer'>; log: Log };

/**
 * To be called when what was published is in place, its catalog included. Costs nothing where nothing has changed.
 * A tail that cannot be made is no failure of what was published: it is warned of.
 */
export async function renewTails(
  { config, log }: TailContext,
  instruments: readonly Instrument[],
): Promise<void> {
  const { root } = config;
  let tail: LiveTail | undefined;
  try {
    for (const instrument of instruments) {
      try {
        if (await isSettled(root, instrument)) continue;
        tail ??= await openLiveTail(config, log);
        await tail.refresh([instrument]);
      } catch (thrown) {
        log.warn(
          `${formatReason(thrown)}; until the next refresh live views end where partitions do`,
        );
        await emptyTail(root, instrument);
      }
    }
  } finally {
    tail?.close();
  }
}

/** Whether nothing is left to be made: nothing was published since, or all of the tail was, and it is emptied. */
async function isSettled(root: string, instrument: Instrument): Promise<boolean> {
  if (await isTailEmpty(root, instrument)) return true;
  const lock = await awaitTailLock(root);
  try {
    const layer = await readSealedLayer(root, instrument);
    const rawDays = await listRawDays(root, instrument);
    const { standing } = await readTailStamp(root, instrument, rawDays);
    if (layer?.standing === standing) return true;
    const open = await readOpenLayer(root, instrument);
    if (layer === undefined || open === undefined) return false;
    const done = await openLedger(root, instrument).read(rawDays);
    const parts = [...layer.entries.map(({ part }) => part), ...open.parts];
    if (!parts.every((part) => done.has(part))) return false;
    await emptyTail(root, instrument);
    return true;
  } finally {
    await lock.release();
  }
}
