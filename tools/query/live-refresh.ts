// Brings the live tail up to date before a query that reads it, and only then. Where that cannot be done, as in a lake
// that may only be read, the query goes on with what is there, and whoever asked is told.

import { join } from 'node:path';
import type { Config } from '../../lake/config.ts';
import { readSql } from '../../lake/duckdb.ts';
import { mayWrite } from '../../lake/durable.ts';
import { formatReason, isSystemError, OperationalError } from '../../lake/errors.ts';
import { liveDir } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { type LiveTail, openLiveTail } from '../../transformer/live/live-tail.ts';
import type { LakeSession } from './lake-session.ts';
import { findLiveNames, isLive } from './live-names.ts';

export type LiveRefresh = {
  /** Before the query is prepared. Throws what is a bug. */
  refreshFor(sql: string, session: LakeSession): Promise<void>;
  close(): void;
};

const definitionsSql = readSql(join(import.meta.dirname, 'definitions.sql'));

export function openLiveRefresh(
  config: Config,
  log: Log,
  tell: (text: string) => void,
): LiveRefresh {
  let tail: LiveTail | undefined;
  async function isLiveQuery(sql: string, session: LakeSession): Promise<boolean> {
    const rows = await session.all(definitionsSql);
    const definitions = rows.map(({ name, definition }) => {
      return { name: String(name), definition: String(definition) };
    });
    return isLive(sql, findLiveNames(definitions));
  }
  return {
    async refreshFor(sql, session) {
      if (!(await isLiveQuery(sql, session))) return;
      if (!(await mayWrite(liveDir(config.root)))) {
        return tell('live views may be behind: the lake may only be read');
      }
      try {
        tail ??= await openLiveTail(config, log);
        await tail.refresh();
      } catch (thrown) {
        if (!(thrown instanceof OperationalError || isSystemError(thrown))) throw thrown;
        tell(`live views may be behind: ${formatReason(thrown)}`);
      }
    },
    close: () => tail?.close(),
  };
}
