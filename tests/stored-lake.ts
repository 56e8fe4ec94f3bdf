// A lake with a store that is a folder, for tests of what is sent away and brought back: the modes as the
// program runs them, at a clock of the test.

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { type Day, startOfDayUs } from '../lake/day.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import type { ModeContext, ModeOptions } from '../lake/mode.ts';
import { cleanUp } from '../tools/cleanup/cleanup.ts';
import { runRestore } from '../tools/restore/restore.ts';
import { measureFile } from '../tools/store/local-file.ts';
import { openStores } from '../tools/store/stores.ts';
import { listDayFiles } from '../tools/upload/day-files.ts';
import { type ReleaseResult, releaseUploaded } from '../tools/upload/release.ts';

export type StoredLake = {
  /** The folder of the store. */
  store: string;
  config: ModeContext['config'];
  /** Warnings and errors since it was made. */
  said: string[];
  /** Copies the files of days into the store, in place of what is there. */
  upload(days: readonly Day[]): Promise<void>;
  /** Sends away what may go. */
  release(options?: { dryRun?: boolean; root?: string }): Promise<ReleaseResult>;
  restore(options: ModeOptions, root?: string): Promise<number>;
  /** Runs the cleanup, of a disk with so many bytes free of 1000 GB. */
  clean(freeBytes?: number, more?: string, root?: string): Promise<number>;
  context(options?: ModeOptions, root?: string): ModeContext;
  remove(): Promise<void>;
};

export const today = '2026-03-20';
const instrument: Instrument = { exchange: 'binance', symbol: 'BTCUSDT' };

export async function addStore(root: string, yaml = ''): Promise<StoredLake> {
  const store = await mkdtemp(join(tmpdir(), 'lake-store-'));
  const said: string[] = [];
  const parse = (own: string, more = yaml) =>
    parseConfig(`${more}\nroot: ${own}\nfolder: { path: ${store}, delete_after_upload: true }`, {});
  const context = (options: ModeOptions = {}, own = root): ModeContext => ({
    config: parse(own),
    options,
    configPath: undefined,
    positionals: [],
    onReload() {},
    log: {
      ...silentLog,
      warn: (message) => void said.push(message),
      error: (message) => void said.push(message),
      relay() {},
      close: async () => {},
    },
    clock: { nowUs: () => startOfDayUs(today) + 1, monotonicMs: () => 0 },
    signal: new AbortController().signal,
  });
  return {
    store,
    said,
    context,
    config: parse(root),
    async upload(days) {
      const [configured] = await openStores(parse(root));
      const { signal } = new AbortController();
      for (const day of days) {
        for (const { key } of await listDayFiles(root, instrument, day)) {
          const there = await configured!.store.head(key, signal);
          const wanted = there === undefined ? 'absent' : { version: there.version };
          await configured!.store.put(key, await measureFile(join(root, key)), wanted, signal);
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
      const config = parse(own, more);
      try {
        return await cleanUp(
          { ...context(), config },
          async () => ({ freeBytes, bytes: 1000e9 }),
          await openStores(config),
        );
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
