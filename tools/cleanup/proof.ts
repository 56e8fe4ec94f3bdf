// Whether a raw part is proven: read by the transformer with the bytes it has, an input of every
// partition its trades and quotes belong to, those partitions whole or away, and, where stores are
// configured, in each of them. Only what is proven may ever be deleted.

import { stat } from 'node:fs/promises';
import { findAway } from '../../lake/away.ts';
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
import { type Stores, UploadProof } from './upload-proof.ts';

/** A partition as far as a proof needs it; or why it cannot be relied on. */
type Proven = { inputs: ReadonlyMap<string, string>; sha256: string } | { doubt: string };

/** `proof` says where a later copy of the part is. */
export type Verdict = { proof: string } | { doubt: string };

export class PartProof {
  readonly #root: string;
  readonly #instrument: Instrument;
  readonly #uploads: UploadProof;
  readonly #partitions = new Map<string, Promise<Proven>>();
  readonly #copies = new Map<string, Promise<string | undefined>>();

  constructor(config: Config, instrument: Instrument, stores: Stores) {
    this.#root = config.root;
    this.#instrument = instrument;
    this.#uploads = new UploadProof(config, instrument, stores);
  }

  async judge(part: Part, entry: LedgerEntry | undefined): Promise<Verdict> {
    const doubt = await this.#findOwnDoubt(part, entry);
    if (doubt !== undefined) return { doubt };
    const held: string[] = [];
    const partitions = listPartitionsOf(entry!);
    for (const [dataset, day] of partitions) {
      const partition = await this.#find(dataset, day);
      if ('doubt' in partition) return partition;
      if (partition.inputs.get(part.name) !== part.sha256) {
        return { doubt: `no input of ${dataset} of ${day}` };
      }
      held.push(`${dataset} of ${day} (${partition.sha256.slice(0, 12)})`);
    }
    // The stores are asked last: what is not proven here need not be looked for there.
    for (const [dataset, day] of partitions) {
      const missing = await this.#findCopyDoubt(dataset, day);
      if (missing !== undefined) return { doubt: missing };
    }
    const missing = await this.#uploads.findPartDoubt(part);
    if (missing !== undefined) return { doubt: missing };
    const stores = this.#uploads.formatStores();
    const what = held.length === 0 ? 'it holds no trade and no quote' : `in ${held.join(', ')}`;
    return { proof: stores === '' ? what : `${what}, and in ${stores}` };
  }

  async #findOwnDoubt(part: Part, entry: LedgerEntry | undefined): Promise<string | undefined> {
    if (part.sha256 === undefined) return 'not described in the raw manifest';
    if (entry === undefined) return 'not transformed yet';
    if (entry.sha256 !== part.sha256) return 'transformed with other bytes than it is said to have';
    const bytes = await findSize(part.path);
    if (bytes === part.bytes) return undefined;
    return `damaged: ${bytes ?? 'no'} bytes in place of ${part.bytes}`;
  }

  #find(dataset: Dataset, day: Day): Promise<Proven> {
    const key = `${dataset} ${day}`;
    const found = this.#partitions.get(key) ?? this.#read(dataset, day);
    this.#partitions.set(key, found);
    return found;
  }

  #findCopyDoubt(dataset: Dataset, day: Day): Promise<string | undefined> {
    const key = `${dataset} ${day}`;
    const found = this.#copies.get(key) ?? this.#uploads.findPartitionDoubt(dataset, day);
    this.#copies.set(key, found);
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
    if (manifest === undefined) return { doubt: `${name} does not exist` };
    const { sha256 } = manifest;
    const inputs = new Map(manifest.inputs.map((input) => [input.part, input.sha256]));
    const path = partitionPath(this.#root, dataset, this.#instrument, day);
    const bytes = await findSize(path);
    if (bytes === undefined) {
      const away = await findAway(this.#root, dataset, this.#instrument, day);
      return away === undefined ? { doubt: `${name} does not exist` } : { inputs, sha256 };
    }
    const isWhole = bytes === (manifest.bytes ?? bytes) && (await digestFile(path)) === sha256;
    return isWhole ? { inputs, sha256 } : { doubt: `${name} is not what its manifest says` };
  }
}

/** The partitions that must have the part among their inputs. */
function listPartitionsOf(entry: LedgerEntry): [Dataset, Day][] {
  const trades = entry.tradeDays ?? listDays(entry.firstTradeUs, entry.lastTradeUs);
  const quotes = listDays(entry.firstQuoteUs, entry.lastQuoteUs);
  return [
    ...[...new Set(trades)].map((day): [Dataset, Day] => ['trades', day]),
    ...[...new Set([...trades, ...quotes])].map((day): [Dataset, Day] => ['bars_1s', day]),
  ];
}

function listDays(firstUs: number | null, lastUs: number | null): Day[] {
  return [firstUs, lastUs].filter((us) => us !== null).map(formatDay);
}

async function findSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (findErrorCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}
