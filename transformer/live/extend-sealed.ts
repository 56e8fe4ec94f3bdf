// Adds parts to the sealed layer: derives what they change in what is known, by the lake and by the layer so far,
// and writes the layer anew, and its edge.

import { rename, writeFile } from 'node:fs/promises';
import { findLastStoredBar } from '../changes.ts';
import type { PartSets } from '../run-plan.ts';
import { type Derivation, deriveSealed } from './derive-tail.ts';
import { writeEdge } from './edge.ts';
import { asKnown, measureLayer, type SealedLayer, sealedLayerPath } from './sealed-layer.ts';
import { handOver, listSealedFiles, writeFiles } from './tail-files.ts';
import { tailStatements } from './tail-session.ts';

/** The layer with the parts, in place. `layer` is undefined where it begins. */
export async function extendSealed(
  derivation: Derivation,
  layer: SealedLayer | undefined,
  parts: PartSets,
): Promise<SealedLayer> {
  const { session, standing } = derivation;
  const { root, instrument } = standing;
  const entries = await deriveSealed(derivation, layer, parts);
  if (layer !== undefined) await keepSealed(derivation);
  const [ends] = await session.all(tailStatements.tailEnds);
  await handOver(session, root, instrument);
  await writeSealedFiles(derivation);
  const read = new Set(entries.map((entry) => entry.part));
  const left = parts.pending.filter((part) => !read.has(part.name)).map((part) => part.name);
  const lastBars = [second(ends!.last_bar), await findLastStoredBar(standing, standing.stored)];
  const extended: SealedLayer = {
    version: 1,
    standing: standing.stamp,
    entries: [...(layer?.entries ?? []), ...entries],
    waiting: [...(layer?.waiting ?? []), ...left],
    lastBar: lastBars.reduce(later) ?? null,
    edgeFrom: null,
    bytes: [],
  };
  const known = asKnown(root, instrument, extended);
  extended.edgeFrom = await writeEdge(session, standing, known, second(ends!.last_trade));
  extended.bytes = await measureLayer(root, instrument, extended.edgeFrom !== null);
  const path = sealedLayerPath(root, instrument);
  await writeFile(`${path}.staged`, JSON.stringify(extended));
  await rename(`${path}.staged`, path);
  return extended;
}

async function keepSealed({ session, standing }: Derivation): Promise<void> {
  const files = listSealedFiles(standing.root, standing.instrument);
  await session.setVariable('sealed_bars', files.bars);
  await session.setVariable('sealed_trades', files.trades);
  await session.setVariable('sealed_quotes', files.quotes);
  await session.run(tailStatements.keepSealed);
}

async function writeSealedFiles({ session, standing }: Derivation): Promise<void> {
  const files = listSealedFiles(standing.root, standing.instrument);
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
