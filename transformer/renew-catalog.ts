// The catalog at the end of a run: made again where it is lost, damaged or not of the lake as it is now.

import type { Config } from '../lake/config.ts';
import { catalogPath } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { findCatalogFault, writeCatalog } from './catalog.ts';

/** What a run does about the catalog; `isOld` says whether an earlier run has made one. */
export type RenewCatalog = (
  context: { config: Pick<Config, 'root'>; log: Log },
  isOld: boolean,
) => Promise<void>;

export const renewCatalog: RenewCatalog = async ({ config, log }, isOld) => {
  const fault = isOld ? await findCatalogFault(config.root) : undefined;
  if (fault !== undefined) {
    log.warn(`repair ${catalogPath(config.root)}: it ${fault}; it is made again`);
  }
  await writeCatalog(config);
};
