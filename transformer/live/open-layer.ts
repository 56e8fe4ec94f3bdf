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
  /** The parts being written, by the names they get when they are sealed. */
  parts: z.array(z.string()),
  /** Sizes of its files. */
  bytes: z.array(z.int()),
});

export type OpenLayer = z.infer<typeof openLayerSchema>;

/** The layer as it lies on disk; undefined where there is none, or not all of it. */
export async function readOpenLayer(
  root: string,
  instrument: Instrument,
): Promise<OpenLayer | undefined> {
  const text = await readTextIfPresent(openLayerPath(root, instrument));
  const layer = openLayerSchema.safeParse(findJson(text ?? '')).data;
  const paths = listOpenFiles(root, instrument);
  if (layer === undefined || paths.some((path) => findParquetFault(path) !== undefined)) {
    return undefined;
  }
  const sizes = await measure(paths);
  return sizes.every((size, at) => size === layer.bytes[at]) ? layer : undefined;
}

/** Writes the session's `tail_bars` and `tail_trades` as the layer. */
export async function writeOpenLayer(
  session: DuckdbSession,
  root: string,
  instrument: Instrument,
  { inputs, parts }: Pick<OpenLayer, 'inputs' | 'parts'>,
): Promise<void> {
  const [trades, bars] = listOpenFiles(root, instrument);
  await writeFiles(session, [
    { path: trades, statement: tailStatements.writeTrades },
    { path: bars, statement: tailStatements.writeBars },
  ]);
  const path = openLayerPath(root, instrument);
  const layer: OpenLayer = { inputs, parts, bytes: await measure([trades, bars]) };
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
