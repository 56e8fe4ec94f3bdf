// Whether the stores have a later copy of what is to be deleted: a fresh look at each of them, now. What a
// ledger says only tells what to look for. Without a store nothing is asked for.

import { basename, join } from 'node:path';
import { findAway } from '../../lake/away.ts';
import type { Config } from '../../lake/config.ts';
import type { Day } from '../../lake/day.ts';
import {
  type Dataset,
  type Instrument,
  rawDayDir,
  rawManifestName,
  rawUploadLedgerPath,
} from '../../lake/layout.ts';
import type { Part } from '../../transformer/parts.ts';
import { measureFile } from '../store/local-file.ts';
import type { LocalFile } from '../store/store.ts';
import { type ConfiguredStore, hasStores } from '../store/stores.ts';
import { dataKey } from '../upload/day-files.ts';
import { readUploadLedger, type UploadedFile } from '../upload/ledger.ts';
import { formatPackedName, formatRawKey } from '../upload/source-files.ts';
import type { Look, StoreWitness } from '../upload/witness.ts';

/** The stores of the configuration, and one look at each object for the length of a run. */
export type Stores = { configured: readonly ConfiguredStore[]; witness: StoreWitness };

export class UploadProof {
  readonly #root: string;
  readonly #config: Config;
  readonly #instrument: Instrument;
  readonly #stores: Stores;
  readonly #ledgers = new Map<string, Promise<Map<string, UploadedFile>>>();
  readonly #manifests = new Map<Day, Promise<LocalFile>>();

  constructor(config: Config, instrument: Instrument, stores: Stores) {
    this.#root = config.root;
    this.#config = config;
    this.#instrument = instrument;
    this.#stores = stores;
  }

  /** Why a partition that is whole, or away, is not in every store; undefined where it is. */
  async findPartitionDoubt(dataset: Dataset, day: Day): Promise<string | undefined> {
    const { configured, witness } = this.#stores;
    if (configured.length === 0) return hasStores(this.#config) ? 'not uploaded' : undefined;
    const key = dataKey(dataset, this.#instrument, day);
    const away = await findAway(this.#root, dataset, this.#instrument, day);
    const file = away === undefined ? await measureFile(join(this.#root, key)) : undefined;
    for (const { store } of configured) {
      const copy = away?.stores.find(({ url }) => url === store.url);
      if (away !== undefined && copy === undefined) return `not uploaded to ${store.url}`;
      const look =
        file === undefined
          ? await witness.lookForAway(store, key, { ...away!, version: copy!.version })
          : await witness.lookForFile(store, key, file);
      if ('doubt' in look) return look.doubt;
    }
    return undefined;
  }

  /** The same of the part itself, where raw parts are uploaded: it and its manifest line. */
  async findPartDoubt(part: Part): Promise<string | undefined> {
    const { raw, raw_prefix } = this.#config.upload;
    if (!raw || this.#stores.configured.length === 0) return undefined;
    const name = (file: string) => formatRawKey(raw_prefix, this.#instrument, part.day, file);
    for (const configured of this.#stores.configured) {
      const look = await this.#lookForPart(configured, part, name);
      if ('doubt' in look) return look.doubt;
      const manifest = await this.#measureManifest(part.day);
      const { store } = configured;
      const described = await this.#stores.witness.lookForFile(
        store,
        name(rawManifestName),
        manifest,
      );
      if ('doubt' in described) return described.doubt;
    }
    return undefined;
  }

  /** `file:///mnt/lake, gs://bucket/lake`; empty without a store. */
  formatStores(): string {
    return this.#stores.configured.map(({ store }) => store.url).join(', ');
  }

  async #lookForPart(
    { store }: ConfiguredStore,
    part: Part,
    name: (file: string) => string,
  ): Promise<Look> {
    const key = name(formatPackedName(basename(part.path)));
    const known = (await this.#readLedger(store.name, store.url, part.day)).get(key);
    if (known === undefined || known.sha256 !== part.sha256) {
      return { doubt: `its raw part is not uploaded to ${store.url}` };
    }
    return this.#stores.witness.lookAmong(store, name(''), key, known);
  }

  #readLedger(store: string, url: string, day: Day): Promise<Map<string, UploadedFile>> {
    const path = rawUploadLedgerPath(this.#root, store, this.#instrument, day);
    const ledger = this.#ledgers.get(path) ?? readUploadLedger(path, url);
    this.#ledgers.set(path, ledger);
    return ledger;
  }

  #measureManifest(day: Day): Promise<LocalFile> {
    const path = join(rawDayDir(this.#root, this.#instrument, day), rawManifestName);
    const measured = this.#manifests.get(day) ?? measureFile(path);
    this.#manifests.set(day, measured);
    return measured;
  }
}
