// A lake with a store that is a folder, for tests of what is sent away and brought back: the modes as the
// program runs them, at a clock of the test.

import { existsSync } from 'node:fs';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { vi } from 'vitest';
import type { Day } from '../lake/day.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../lake/layout.ts';
import type { ModeContext, ModeOptions } from '../lake/mode.ts';
import { cleanUp } from '../tools/cleanup/cleanup.ts';
import { runRestore } from '../tools/restore/restore.ts';
import { measureFile } from '../tools/store/local-file.ts';
import { openStores } from '../tools/store/stores.ts';
import { listDayKeys } from '../tools/upload/day-files.ts';
import { type ReleaseResult, releaseUploaded } from '../tools/upload/release.ts';
import { openStoredContext, readSpaceOf } from './stored-context.ts';

export type StoredLake = {
  /** The folder of the store. */
  store: string;
  config: ModeContext['config'];
  /** Warnings and errors since it was made. */
  said: string[];
  /** Copies the files of days into the store, in place of what is there. */
  upload(days: readonly Day[]): Promise<void>;
  /** Copies the raw parts of days there, packed, with their manifests. */
  uploadRaw(days: readonly Day[]): Promise<void>;
  /** Sends away what may go. */
  release(options?: { dryRun?: boolean; root?: string }): Promise<ReleaseResult>;
  restore(options: ModeOptions, root?: string): Promise<number>;
  /** Runs the cleanup, of a disk with so many bytes free of 1000 GB. */
  clean(freeBytes?: number, more?: string, root?: string): Promise<number>;
  context(options?: ModeOptions, root?: string): ModeContext;
  remove(): Promise<void>;
};

export { today } from './stored-context.ts';

const instrument: Instrument = { exchange: 'binance', symbol: 'BTCUSDT' };

export async function addStore(root: string, yaml = ''): Promise<StoredLake> {
  const store = await mkdtemp(join(tmpdir(), 'lake-store-'));
  const said: string[] = [];
  const context = (options: ModeOptions = {}, own = root, more = yaml): ModeContext =>
    openStoredContext({ root: own, store, yaml: more }, options, said);
  const parse = (own: string, more = yaml) => context({}, own, more).config;
  return {
    store,
    said,
    context,
    config: parse(root),
    async upload(days) {
      const [configured] = await openStores(parse(root));
      const { signal } = new AbortController();
      for (const day of days) {
        for (const { key } of listDayKeys(instrument, day)) {
          if (!existsSync(join(root, key))) continue;
          const there = await configured!.store.head(key, signal);
          const wanted = there === undefined ? 'absent' : { version: there.version };
          await configured!.store.put(key, await measureFile(join(root, key)), wanted, signal);
        }
      }
    },
    async uploadRaw(days) {
      for (const day of days) {
        const folder = join('raw/binance/BTCUSDT', day);
        await cp(join(root, folder), join(store, folder), { recursive: true });
        for (const name of await readdir(join(store, folder))) {
          if (!name.startsWith('part_')) continue;
          const path = join(store, folder, name);
          await writeFile(`${path}.zst`, zstdCompressSync(await readFile(path)));
          await rm(path);
        }
      }
    },
    async release({ dryRun = false, root: own = root } = {}) {
      return releaseUploaded(context({}, own), await openStores(parse(own)), {}, { dryRun });
    },
    async restore(options, own = root) {
      const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      try {
        return await runRestore(context(options, own));
      } finally {
        print.mockRestore();
      }
    },
    async clean(freeBytes = 900e9, more = yaml, own = root) {
      const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const cleaning = context({}, own, more);
      try {
        return await cleanUp(cleaning, readSpaceOf(freeBytes), await openStores(cleaning.config));
      } finally {
        print.mockRestore();
      }
    },
    remove: () => rm(store, { recursive: true, force: true }),
  };
}

/** The manifests and Parquet files of a day, as they are; undefined for what is not here. */
export async function readDay(root: string, day: Day): Promise<(string | undefined)[]> {
  const read = (path: string) => readFile(path, 'latin1').catch(() => undefined);
  const texts: Promise<string | undefined>[] = [];
  for (const dataset of ['bars_1s', 'trades'] as const) {
    texts.push(read(partitionManifestPath(root, dataset, instrument, day)));
    texts.push(read(partitionPath(root, dataset, instrument, day)));
  }
  return Promise.all(texts);
}
