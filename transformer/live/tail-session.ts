// The live tail's DuckDB session: the transformer's, within limits of its own, and the statements that take over
// what was derived.

import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../../lake/config.ts';
import { type DuckdbSession, readSql, type SqlValue } from '../../lake/duckdb.ts';
import { writeEmptyFiles } from '../catalog/empty-files.ts';
import { openTransformSession, statements } from '../session.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, 'sql', `${name}.sql`));

export const tailStatements = {
  tables: readOwn('tail-tables'),
  firstQuote: readOwn('first-quote'),
  addFrames: readOwn('add-frames'),
  keepFrames: readOwn('keep-frames'),
  dropKnownFrames: readOwn('drop-known-frames'),
  takeRange: readOwn('take-range'),
  takeLostBars: readOwn('take-lost-bars'),
  writeBars: readOwn('write-tail-bars'),
  writeTrades: readOwn('write-tail-trades'),
  writeQuotes: readOwn('write-tail-quotes'),
  keepSealed: readOwn('keep-sealed'),
  handOverBars: readOwn('hand-over-bars'),
  handOverTrades: readOwn('hand-over-trades'),
  tailEnds: readOwn('tail-ends'),
  edgeStart: readOwn('edge-start'),
  writeEdgeBars: readOwn('write-edge-bars'),
  writeEdgeTrades: readOwn('write-edge-trades'),
  writeEdgeQuotes: readOwn('write-edge-quotes'),
} as const;

/** The database of the tail. */
export async function openTailSession(
  config: Pick<Config, 'root' | 'live' | 'transformer'>,
): Promise<DuckdbSession> {
  const session = await openTransformSession(config, {
    memoryLimit: config.live.memory_limit,
    threads: 1,
  });
  try {
    await writeEmptyFiles(config.root, session);
    return session;
  } catch (thrown) {
    session.close();
    throw thrown;
  }
}

/** A session for one instrument, whose tables stay between two refreshes. */
export async function openInstrumentSession(
  session: DuckdbSession,
  compression: string,
): Promise<DuckdbSession> {
  const own = rememberVariables(await session.branch());
  await own.setOption('asof_loop_join_threshold', '0');
  await own.setVariable('compression', compression);
  await prime(own);
  return own;
}

/** Sets a variable only where it changes: a refresh sets twenty, and most are what they were a second ago. */
function rememberVariables(session: DuckdbSession): DuckdbSession {
  const known = new Map<string, SqlValue>();
  return {
    ...session,
    async setVariable(name, value) {
      if (known.has(name) && isDeepStrictEqual(known.get(name), value)) return;
      known.delete(name);
      await session.setVariable(name, value);
      known.set(name, value);
    },
  };
}

/** Derives nothing once, so that the tables of a range are there with their columns. */
async function prime(session: DuckdbSession): Promise<void> {
  await session.run(statements.tables);
  for (const name of ['range_from', 'range_to']) await session.setVariable(name, 0);
  for (const name of ['exchange', 'symbol']) await session.setVariable(name, '');
  for (const name of ['coverage_from', 'coverage_to', 'clock_from', 'clock_to', 'clock_offset']) {
    await session.setVariable(name, []);
  }
  for (const name of ['knownCopies', 'knownQuoteSeconds', 'rangeTrades'] as const) {
    await session.run(statements[name]);
  }
  await session.run(statements.rangeQuoteSeconds);
  await session.run(statements.rangeBars);
  await session.run(tailStatements.tables);
}
