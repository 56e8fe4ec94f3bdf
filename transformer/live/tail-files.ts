// The files of an instrument's live tail. They appear by rename and are emptied the same way, never deleted: a
// reader that has listed them must find them. They are not synced, for they can be made again; one that a power
// cut has torn is made again before it is trusted.

import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { type Instrument, livePath } from '../../lake/layout.ts';
import { tailStatements } from './tail-session.ts';

export type Layer = 'sealed' | 'open';

/** Writes the session's `tail_bars` and `tail_trades` as a layer. */
export async function writeLayer(
  session: DuckdbSession,
  root: string,
  instrument: Instrument,
  layer: Layer,
): Promise<void> {
  const files = [
    { path: livePath(root, 'trades', instrument, layer), statement: tailStatements.writeTrades },
    { path: livePath(root, 'bars_1s', instrument, layer), statement: tailStatements.writeBars },
  ];
  for (const { path, statement } of files) {
    await mkdir(dirname(path), { recursive: true });
    await session.setVariable('output_path', `${path}.staged`);
    await session.run(statement);
  }
  for (const { path } of files) await rename(`${path}.staged`, path);
}
