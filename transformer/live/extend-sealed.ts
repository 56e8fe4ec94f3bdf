// Adds parts to the sealed layer: derives what they change in what is known, by the lake and by the layer so far,
// and writes the layer anew, and its edge.

import type { DuckdbSession } from '../../lake/duckdb.ts';
import { findLastStoredBar } from '../changes.ts';
import type { PartSets } from '../run-plan.ts';
import { type Derivation, deriveSealed } from './derive-tail.ts';
import { writeEdge } from './edge.ts';
import { describeLayer, type SealedLayer } from './sealed-layer.ts';
import { dropNextTail, handOver, listSealedFiles, tailDir, writeFiles } from './tail-files.ts';
import { tailStatements } from './tail-session.ts';

/**
 * The layer with the parts, in the folder `dir`: that of the tail, or one where it goes on to grow out of sight.
 * `layer` is undefined where it begins.
 */
export async function extendSealed(
  derivation: Derivation,
  layer: SealedLayer | undefined,
  parts: PartSets,
  dir: string,
): Promise<SealedLayer> {
  const { session, standing } = derivation;
  const { root, instrument } = standing;
  const isShown = dir === tailDir(root, instrument);
  const entries = await deriveSealed(derivation, layer, parts);
  if (layer !== undefined) await keepSealed(session, layer.dir);
  const [ends] = await session.all(tailStatements.tailEnds);
  if (isShown) await handOver(session, root, instrument);
  await writeSealedFiles(session, dir);
  const read = new Set(entries.map((entry) => entry.part));
  const left = parts.pending.filter((part) => !read.has(part.name)).map((part) => part.name);
  const lastBars = [second(ends!.last_bar), await findLastStoredBar(standing, standing.stored)];
  const extended: SealedLayer = {
    dir,
    version: 1,
    standing: standing.stamp,
    entries: [...(layer?.entries ?? []), ...entries],
    waiting: [...(layer?.waiting ?? []), ...left],
    lastBar: lastBars.reduce(later) ?? null,
    edgeFrom: null,
    bytes: [],
  };
  const lastTrade = second(ends!.last_trade);
  extended.edgeFrom = await writeEdge(session, standing, extended, lastTrade);
  const described = await describeLayer(extended);
  if (isShown && layer !== undefined && layer.dir !== dir) await dropNextTail(root, instrument);
  return described;
}

async function keepSealed(session: DuckdbSession, dir: string): Promise<void> {
  const files = listSealedFiles(dir);
  await session.setVariable('sealed_bars', files.bars);
  await session.setVariable('sealed_trades', files.trades);
  await session.setVariable('sealed_quotes', files.quotes);
  await session.run(tailStatements.keepSealed);
}

async function writeSealedFiles(session: DuckdbSession, dir: string): Promise<void> {
  const files = listSealedFiles(dir);
  const { writeBars, writeTrades, writeQuotes } = tailStatements;
  await writeFiles(session, [
    { path: files.trades, statement: writeTrades },
    { path: files.bars, statement: writeBars },
    { path: files.quotes, statement: writeQuotes },
  ]);
}

function second(value: unknown): number | undefined {
  return value == null ? undefined : Number(value);
}

function later(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.max(one, other);
}
