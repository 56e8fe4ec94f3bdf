// The sealed layer of a live tail: what was derived of sealed parts that no run has transformed yet, kept on disk so
// that whoever comes next goes on from it. `sealed.json` names the parts, what they were added to, and the files
// that hold it. It can be lost: the layer is then made anew.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readTextIfPresent } from '../../lake/durable.ts';
import { findErrorCode } from '../../lake/errors.ts';
import { findJson } from '../../lake/json.ts';
import type { Instrument } from '../../lake/layout.ts';
import { ledgerEntrySchema } from '../ledger.ts';
import { findParquetFault } from '../parquet-file.ts';
import type { Part } from '../parts.ts';
import type { KnownTail, Publication } from '../publication.ts';
import type { Standing } from './standing.ts';
import { listEdgeFiles, listSealedFiles, tailDir } from './tail-files.ts';

const sealedLayerSchema = z.object({
  version: z.literal(1),
  /** What the layer was added to (tail-stamp.ts). */
  standing: z.string(),
  entries: z.array(ledgerEntrySchema),
  /** Parts, by name, that are left out because they need a day that is away. */
  waiting: z.array(z.string()),
  lastBar: z.int().nullable(),
  edgeFrom: z.int().nullable(),
  /** Of its files, in their order. */
  bytes: z.array(z.int()),
});

export type SealedLayer = z.infer<typeof sealedLayerSchema>;

export function sealedLayerPath(root: string, instrument: Instrument): string {
  return join(tailDir(root, instrument), 'sealed.json');
}

/** The layer as it lies on disk; undefined where there is none, or not all of it. */
export async function readSealedLayer(
  root: string,
  instrument: Instrument,
): Promise<SealedLayer | undefined> {
  const text = await readTextIfPresent(sealedLayerPath(root, instrument));
  const layer = sealedLayerSchema.safeParse(findJson(text ?? '')).data;
  if (layer === undefined) return undefined;
  const paths = listFiles(root, instrument, layer.edgeFrom !== null);
  const sizes = await measure(paths);
  const isWhole = sizes.every((size, at) => size === layer.bytes[at]);
  return isWhole && paths.every((path) => findParquetFault(path) === undefined) ? layer : undefined;
}

export async function measureLayer(
  root: string,
  instrument: Instrument,
  hasEdge: boolean,
): Promise<number[]> {
  return measure(listFiles(root, instrument, hasEdge));
}

function listFiles(root: string, instrument: Instrument, hasEdge: boolean): string[] {
  const files = Object.values(listSealedFiles(root, instrument));
  return hasEdge ? [...files, ...Object.values(listEdgeFiles(root, instrument))] : files;
}

async function measure(paths: readonly string[]): Promise<number[]> {
  const sizes: number[] = [];
  for (const path of paths) {
    const found = await stat(path).catch((thrown) => {
      if (findErrorCode(thrown) !== 'ENOENT') throw thrown;
    });
    sizes.push(found?.size ?? -1);
  }
  return sizes;
}

/** Whether what the layer was made of is still what it would be made of, or the beginning of it. */
export function isCurrent(layer: SealedLayer, standing: string, pending: readonly Part[]): boolean {
  if (layer.standing !== standing) return false;
  const parts = new Map(pending.map((part) => [part.name, part]));
  return layer.entries.every(({ part, sha256 }) => {
    const found = parts.get(part);
    return found !== undefined && (found.sha256 ?? sha256) === sha256;
  });
}

/** What a derivation that comes after it knows by it. */
export function asKnown(root: string, instrument: Instrument, layer: SealedLayer): KnownTail {
  const { lastBar, edgeFrom } = layer;
  return {
    files: listSealedFiles(root, instrument),
    lastBar: lastBar ?? undefined,
    edge:
      edgeFrom === null ? undefined : { from: edgeFrom, files: listEdgeFiles(root, instrument) },
  };
}

/** What stands and the layer, as if its parts were transformed. Nothing is written through it. */
export function addToKnown(
  { root, instrument, ledger, findReceiptDays }: Standing,
  layer: SealedLayer | undefined,
): Pick<Publication, 'ledger' | 'tail' | 'findReceiptDays'> {
  if (layer === undefined) return { ledger, findReceiptDays };
  const { entries } = layer;
  const own = [...new Set(entries.map((entry) => entry.day))];
  return {
    tail: asKnown(root, instrument, layer),
    ledger: {
      ...ledger,
      async read(days) {
        const wanted = new Set(days);
        const read = await ledger.read(wanted);
        for (const entry of entries) if (wanted.has(entry.day)) read.set(entry.part, entry);
        return read;
      },
      listDays: async () => [...new Set([...(await ledger.listDays()), ...own])].sort(),
    },
    findReceiptDays: async (first, last) => [...(await findReceiptDays(first, last)), ...own],
  };
}
