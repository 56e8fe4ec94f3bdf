// Runs of the upload for tests: over a lake of three days, with stores that are handed in, a clock that is
// set, and retries that do not wait.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { listNames } from '../lake/durable.ts';
import { type Log, silentLog } from '../lake/log.ts';
import { type ConfiguredStore, openStores } from '../tools/store/stores.ts';
import type { UploadScope } from '../tools/upload/survey.ts';
import { type UploadRun, uploadLake } from '../tools/upload/upload-lake.ts';

/** Long after the days of the lake, so that nothing waits for what is missing. */
export const afterwards = '2026-03-10T03:00:00Z';

export function clockAt(time: string): Clock {
  const nowUs = Date.parse(time) * 1000;
  return { nowUs: () => nowUs, monotonicMs: () => performance.now() };
}

export type RunOptions = {
  yaml?: string;
  time?: string;
  log?: Log;
  scope?: UploadScope;
  stores?: ConfiguredStore[];
} & Partial<Pick<UploadRun, 'onStep' | 'sleep' | 'limits' | 'signal'>>;

/** Uploads what is due. Without `stores` the configuration in `yaml` says where to. */
export async function runUploadOf(root: string, options: RunOptions) {
  const { yaml = '', time = afterwards, log = silentLog, scope = {}, stores, ...more } = options;
  const config = parseConfig(`root: ${root}\n${yaml}`, {});
  return uploadLake(
    {
      config,
      clock: clockAt(time),
      log,
      signal: new AbortController().signal,
      stores: stores ?? (await openStores(config)),
      random: () => 0,
      sleep: async () => {},
      ...more,
    },
    scope,
  );
}

/** SHA-256 of every file below a folder, by its path there. */
export async function digestFolder(folder: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const name of await listNames(folder, true)) {
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (bytes !== undefined) digests[name] = createHash('sha256').update(bytes).digest('hex');
  }
  return digests;
}
