// The sealed layer of a live tail: what was derived of sealed parts that no run has transformed yet, kept on disk so
// that whoever comes next goes on from it. `sealed.json` names the parts, what they were added to, and the files
// that hold it. It can be lost: the layer is then made anew.

import { rename, stat, writeFile } from 'node:fs/promises';
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

/** `dir`: the folder its files are in. */
export type SealedLayer = z.infer<typeof sealedLayerSchema> & { dir: string };

/** The layer as it lies on disk; undefined where there is none, or not all of it. */
export async function readSealedLayer(
  root: string,
  instrument: Instrument,
): Promise<SealedLayer | undefined> {
  const dir = tailDir(root, instrument);
  const text = await readTextIfPresent(describingPath(dir));
  const found = sealedLayerSchema.safeParse(findJson(text ?? '')).data;
  if (found === undefined) return undefined;
  const layer = { ...found, dir };
  const paths = listFiles(layer);
  const sizes = await measure(paths);
  const isWhole = sizes.every((size, at) => size === layer.bytes[at]);
  return isWhole && paths.every((path) => findParquetFault(path) === undefined) ? layer : undefined;
}

/** Says of what the files that lie there are, which are complete with that. */
export async function describeLayer(layer: SealedLayer): Promise<SealedLayer> {
  const described = { ...layer, bytes: await measure(listFiles(layer)) };
  const path = describingPath(layer.dir);
  const { dir: _, ...written } = described;
  await writeFile(`${path}.staged`, JSON.stringify(written));
  await rename(`${path}.staged`, path);
  return described;
}

function describingPath(dir: string): string {
  return join(dir, 'sealed.json');
}

function listFiles({ dir, edgeFrom }: SealedLayer): string[] {
  const files = Object.values(listSealedFiles(dir));
  return edgeFrom === null ? files : [...files, ...Object.values(listEdgeFiles(dir))];
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
export function asKnown({ dir, lastBar, edgeFrom }: SealedLayer): KnownTail {
  return {
    files: listSealedFiles(dir),
    lastBar: lastBar ?? undefined,
    edge: edgeFrom === null ? undefined : { from: edgeFrom, files: listEdgeFiles(dir) },
  };
}

/** What stands and the layer, as if its parts were transformed. Nothing is written through it. */
export function addToKnown(
  { ledger, findReceiptDays }: Standing,
  layer: SealedLayer | undefined,
): Pick<Publication, 'ledger' | 'tail' | 'findReceiptDays'> {
  if (layer === undefined) return { ledger, findReceiptDays };
  const { entries } = layer;
  const own = [...new Set(entries.map((entry) => entry.day))];
  return {
    tail: asKnown(layer),
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
