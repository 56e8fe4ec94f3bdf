// Whether a raw part is proven: read by the transformer with the bytes it has, an input of every
// partition its trades and quotes belong to, those partitions whole, and, where a bucket is configured,
// uploaded. Only what is proven may ever be deleted.

import { stat } from 'node:fs/promises';
import type { Config } from '../../lake/config.ts';
import { type Day, formatDay } from '../../lake/day.ts';
import { findErrorCode } from '../../lake/errors.ts';
import {
  type Dataset,
  type Instrument,
  partitionManifestPath,
  partitionPath,
} from '../../lake/layout.ts';
import { type PartitionManifest, readPartitionManifest } from '../../lake/partition-manifest.ts';
import type { LedgerEntry } from '../../transformer/ledger.ts';
import { digestFile, type Part } from '../../transformer/parts.ts';

/** A partition as far as a proof needs it; undefined where there is none, or it cannot be relied on. */
type Proven = { inputs: ReadonlyMap<string, string> } | { doubt: string };

export class PartProof {
  readonly #root: string;
  readonly #config: Pick<Config, 'gcs' | 's3'>;
  readonly #instrument: Instrument;
  readonly #partitions = new Map<string, Promise<Proven>>();

  constructor(root: string, config: Pick<Config, 'gcs' | 's3'>, instrument: Instrument) {
    this.#root = root;
    this.#config = config;
    this.#instrument = instrument;
  }

  /** Why the part is not proven; undefined where it is. */
  async findDoubt(part: Part, entry: LedgerEntry | undefined): Promise<string | undefined> {
    if (part.sha256 === undefined) return 'not described in the raw manifest';
    if (entry === undefined) return 'not transformed yet';
    if (entry.sha256 !== part.sha256) return 'transformed with other bytes than it is said to have';
    const bytes = await findSize(part.path);
    if (bytes !== part.bytes) return `damaged: ${bytes ?? 'no'} bytes in place of ${part.bytes}`;
    for (const [dataset, day] of listPartitionsOf(entry)) {
      const partition = await this.#find(dataset, day);
      if ('doubt' in partition) return partition.doubt;
      if (partition.inputs.get(part.name) !== part.sha256) {
        return `no input of ${dataset} of ${day}`;
      }
    }
    return isUploaded(this.#config) ? undefined : 'not uploaded';
  }

  #find(dataset: Dataset, day: Day): Promise<Proven> {
    const key = `${dataset} ${day}`;
    const found = this.#partitions.get(key) ?? this.#read(dataset, day);
    this.#partitions.set(key, found);
    return found;
  }

  async #read(dataset: Dataset, day: Day): Promise<Proven> {
    const name = `${dataset} of ${day}`;
    let manifest: PartitionManifest | undefined;
    try {
      const path = partitionManifestPath(this.#root, dataset, this.#instrument, day);
      manifest = await readPartitionManifest(path);
    } catch {
      return { doubt: `${name} has a damaged manifest` };
    }
    const path = partitionPath(this.#root, dataset, this.#instrument, day);
    const bytes = await findSize(path);
    if (manifest === undefined || bytes === undefined) return { doubt: `${name} does not exist` };
    const isWhole =
      bytes === (manifest.bytes ?? bytes) && (await digestFile(path)) === manifest.sha256;
    if (!isWhole) return { doubt: `${name} is not what its manifest says` };
    return { inputs: new Map(manifest.inputs.map(({ part, sha256 }) => [part, sha256])) };
  }
}

/** The partitions that must have the part among their inputs. */
function listPartitionsOf(entry: LedgerEntry): [Dataset, Day][] {
  const trades = listDays(entry.firstTradeUs, entry.lastTradeUs);
  const quotes = listDays(entry.firstQuoteUs, entry.lastQuoteUs);
  return [
    ...trades.map((day): [Dataset, Day] => ['trades', day]),
    ...[...new Set([...trades, ...quotes])].map((day): [Dataset, Day] => ['bars_1s', day]),
  ];
}

/** A part of fills may leave out the days between its first trade and its last. */
function listDays(firstUs: number | null, lastUs: number | null): Day[] {
  return [firstUs, lastUs].filter((us) => us !== null).map(formatDay);
}

/** With a bucket a part is proven when it was uploaded and verified, which nothing does yet. */
function isUploaded({ gcs, s3 }: Pick<Config, 'gcs' | 's3'>): boolean {
  return gcs.bucket_name === '' && s3.bucket_name === '';
}

async function findSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
