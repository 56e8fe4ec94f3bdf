// How filling reaches a venue: its REST interface, within the share of the weight that is left to
// tools, and its daily archive. Whoever opens it holds the lock `rest` while it is used, so that the
// shares of all processes never add up to more than the configured one.

import { type ArchiveClient, openArchive } from '../../exchanges/archive.ts';
import type { Exchange } from '../../exchanges/exchange.ts';
import type { VenuePlan } from '../../exchanges/plan.ts';
import { openRestClient, type RestClient } from '../../exchanges/rest-client.ts';
import { tempDir } from '../../lake/layout.ts';
import type { ModeContext } from '../../lake/mode.ts';

export type VenueAccess = { exchange: Exchange; rest: RestClient; archive: ArchiveClient };

/** The collector has the rest of `fill.rest_weight_percent`. */
const toolsShare = 3 / 8;

/** Opens a venue of the configuration's plan. Downloads lie in `state/tmp/<downloadsName>` meanwhile. */
export function openVenueAccess(
  { config, clock, log }: Pick<ModeContext, 'config' | 'clock' | 'log'>,
  { exchange, restUrl, archiveUrl }: VenuePlan,
  downloadsName = `archive-${process.pid}`,
): VenueAccess {
  const { name } = exchange;
  const { root } = config;
  const random = Math.random;
  const share = (config.fill.rest_weight_percent / 100) * toolsShare;
  const { rest, archive } = exchange;
  const downloads = tempDir(root, downloadsName);
  return {
    exchange,
    rest: openRestClient({ exchange: name, rest, restUrl, share, root, clock, log, random }),
    archive: openArchive({ exchange: name, archive, archiveUrl, tempDir: downloads, log, random }),
  };
}
