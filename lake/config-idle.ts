// Keys that are accepted but belong to parts this version does not have: setting one has no effect,
// and whoever sets one is told.

import type { Config } from './config.ts';
import { parseConfig } from './config.ts';
import { listKeys } from './config-key.ts';

const idle = /^(gcs|s3|alerting|web)\./;

/** Keys without effect that are set to something other than their default, `gcs.bucket_name`. */
export function findIdleKeys(config: Config): string[] {
  const defaults = parseConfig('', {});
  return listKeys()
    .filter((path) => idle.test(path.join('.')))
    .filter((path) => readKey(config, path) !== readKey(defaults, path))
    .map((path) => path.join('.'));
}

function readKey(config: Config, path: readonly string[]): string | undefined {
  const value = path.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], config);
  return JSON.stringify(value);
}
