// The edge of what is known: all trades, quote seconds and bars from a second with a trade on, 20 s or more
// before the last one, of partitions and of the sealed layer. What is derived of the part being written needs no
// more, as a rule, and need not look into files of a day.

import { usPerDay, usPerSecond } from '../../lake/day.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { partitionManifestPath, partitionPath } from '../../lake/layout.ts';
import { loadQuoteSeconds, selectTradePaths } from '../known.ts';
import { dayOfSecond } from '../range.ts';
import { asKnown, type SealedLayer } from './sealed-layer.ts';
import type { Standing } from './standing.ts';
import { listEdgeFiles, writeFiles } from './tail-files.ts';
import { tailStatements } from './tail-session.ts';

/** The second from which it reaches on; null where no such second can be told, and nothing was written. */
export async function writeEdge(
  session: DuckdbSession,
  standing: Standing,
  layer: SealedLayer,
  lastLayerTrade: number | undefined,
): Promise<number | null> {
  const { root, instrument, away, stored } = standing;
  const { files: sealed } = asKnown(layer);
  const tail = { files: sealed, lastBar: undefined, edge: undefined };
  const known = { ...standing, session, tail };
  const last = Math.max(
    lastLayerTrade ?? Number.NEGATIVE_INFINITY,
    (await findLastStoredTrade(standing)) ?? Number.NEGATIVE_INFINITY,
  );
  if (!Number.isFinite(last)) return null;
  await session.setVariable('last_trade', last);
  await session.setVariable(
    'trade_paths',
    selectTradePaths(known, stored.trades, last - 3660, last),
  );
  const [start] = await session.all(tailStatements.edgeStart);
  if (start?.second == null) return null;
  const from = Number(start.second);
  const firstDay = dayOfSecond(from);
  if ([...away].some((day) => day >= firstDay)) return null;
  const days = stored.bars.filter((day) => day >= firstDay);
  const barPaths = days.map((day) => partitionPath(root, 'bars_1s', instrument, day));
  await session.setVariable('edge_from', from);
  await session.setVariable('bar_paths', [...barPaths, sealed.bars]);
  await session.setVariable('trade_paths', selectTradePaths(known, stored.trades, from, farSecond));
  await loadQuoteSeconds(known, stored, from, farSecond);
  const files = listEdgeFiles(layer.dir);
  await writeFiles(session, [
    { path: files.bars, statement: tailStatements.writeEdgeBars },
    { path: files.trades, statement: tailStatements.writeEdgeTrades },
    { path: files.quotes, statement: tailStatements.writeEdgeQuotes },
  ]);
  return from;
}

/** Behind every day there is. */
const farSecond = (usPerDay / usPerSecond) * 365 * 300;

async function findLastStoredTrade({
  root,
  instrument,
  away,
  stored,
  readManifest,
}: Standing): Promise<number | undefined> {
  const day = stored.trades.findLast((one) => !away.has(one));
  if (day === undefined) return undefined;
  const path = partitionManifestPath(root, 'trades', instrument, day);
  const second = (await readManifest(path))?.last_second;
  return second == null ? undefined : Date.parse(second) / 1000;
}
