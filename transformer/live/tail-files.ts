// The files of an instrument's live tail. What views show appears by rename and is emptied the same way, never deleted: a
// reader that has listed it must find it. They are not synced, for they can be made again; one that a power
// cut has torn is made again before it is trusted.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { type Instrument, liveDir, livePath } from '../../lake/layout.ts';
import { findParquetFault } from '../parquet-file.ts';
import type { TailFiles } from '../publication.ts';
import { tailStatements } from './tail-session.ts';

/** `state/live/<exchange>/<SYMBOL>` */
export function tailDir(root: string, { exchange, symbol }: Instrument): string {
  return join(liveDir(root), exchange, symbol);
}

/** Where a layer of sealed parts is made that takes several steps: no pattern of the views reaches it. */
export function nextTailDir(root: string, instrument: Instrument): string {
  return join(tailDir(root, instrument), 'next');
}

export function dropNextTail(root: string, instrument: Instrument): Promise<void> {
  return rm(nextTailDir(root, instrument), { recursive: true, force: true });
}

/** What is of sealed parts, in the folder of a tail; the quote seconds are for the tail alone. */
export function listSealedFiles(dir: string): TailFiles {
  return {
    bars: join(dir, 'bars_1s.sealed.parquet'),
    trades: join(dir, 'trades.sealed.parquet'),
    quotes: join(dir, 'quotes.sealed.parquet'),
  };
}

/** What is known from the edge on, for the tail alone. */
export function listEdgeFiles(dir: string): TailFiles {
  const [bars, trades, quotes] = ['bars', 'trades', 'quotes'].map((name) =>
    join(dir, `edge.${name}.parquet`),
  );
  return { bars: bars!, trades: trades!, quotes: quotes! };
}

type Write = { path: string; statement: string };

/** Writes each file beside its place, then puts all in place at once. */
export async function writeFiles(session: DuckdbSession, writes: readonly Write[]): Promise<void> {
  for (const { path, statement } of writes) {
    await mkdir(dirname(path), { recursive: true });
    await session.setVariable('output_path', `${path}.staged`);
    await session.run(statement);
  }
  for (const { path } of writes) await rename(`${path}.staged`, path);
}

/**
 * Gives the open layer, which was derived of less, the values of a sealed one that is about to be put in place:
 * whoever reads between two renames must not find a second as it was halfway.
 */
export async function handOver(
  session: DuckdbSession,
  root: string,
  instrument: Instrument,
): Promise<void> {
  const { handOverBars, handOverTrades } = tailStatements;
  for (const [dataset, statement] of [
    ['trades', handOverTrades],
    ['bars_1s', handOverBars],
  ] as const) {
    const path = livePath(root, dataset, instrument, 'open');
    if (!existsSync(path) || findParquetFault(path) !== undefined) continue;
    await session.setVariable('open_path', path);
    await writeFiles(session, [{ path, statement }]);
  }
}
