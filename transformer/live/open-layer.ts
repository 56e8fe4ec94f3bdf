// The open layer of a live tail: what the parts being written say. `open.json` says of what it was made, so that
// nobody makes it again of the same, whichever process did. It can be lost.

import { rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { readTextIfPresent } from '../../lake/durable.ts';
import { findJson } from '../../lake/json.ts';
import { type Instrument, livePath } from '../../lake/layout.ts';
import { findParquetFault } from '../parquet-file.ts';
import { tailDir, writeFiles } from './tail-files.ts';
import { tailStatements } from './tail-session.ts';

const openLayerSchema = z.object({
  /** What stood, which parts there were, and how long those being written. */
  inputs: z.string(),
  /** Sizes of its files. */
  bytes: z.array(z.int()),
});

/** Whether the layer on disk was made of this. */
export async function isMadeOf(
  root: string,
  instrument: Instrument,
  inputs: string,
): Promise<boolean> {
  const text = await readTextIfPresent(openLayerPath(root, instrument));
  const layer = openLayerSchema.safeParse(findJson(text ?? '')).data;
  if (layer?.inputs !== inputs) return false;
  const paths = listOpenFiles(root, instrument);
  if (paths.some((path) => findParquetFault(path) !== undefined)) return false;
  return (await measure(paths)).every((size, at) => size === layer.bytes[at]);
}

/** Writes the session's `tail_bars` and `tail_trades` as the layer. */
export async function writeOpenLayer(
  session: DuckdbSession,
  root: string,
  instrument: Instrument,
  inputs: string,
): Promise<void> {
  const [trades, bars] = listOpenFiles(root, instrument);
  await writeFiles(session, [
    { path: trades, statement: tailStatements.writeTrades },
    { path: bars, statement: tailStatements.writeBars },
  ]);
  const path = openLayerPath(root, instrument);
  const layer = { inputs, bytes: await measure([trades, bars]) };
  await writeFile(`${path}.staged`, JSON.stringify(layer));
  await rename(`${path}.staged`, path);
}

function openLayerPath(root: string, instrument: Instrument): string {
  return join(tailDir(root, instrument), 'open.json');
}

function listOpenFiles(root: string, instrument: Instrument): [string, string] {
  return [
    livePath(root, 'trades', instrument, 'open'),
    livePath(root, 'bars_1s', instrument, 'open'),
  ];
}

async function measure(paths: readonly string[]): Promise<number[]> {
  return Promise.all(paths.map(async (path) => (await stat(path)).size));
}
