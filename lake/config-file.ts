// Reads the configuration file. `--config FILE` must exist; without it `config.yml` in the working
// folder is read where there is one, and the defaults hold where there is none.

import { readFile } from 'node:fs/promises';
import { type Config, parseConfig } from './config.ts';
import { ConfigError, findErrorCode, formatReason } from './errors.ts';

const defaultPath = 'config.yml';

/** Reads, overrides from the environment, checks and freezes. Throws ConfigError. */
export async function loadConfig(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Config> {
  return parseConfig(await readConfigText(path), environment);
}

async function readConfigText(path: string | undefined): Promise<string> {
  try {
    return await readFile(path ?? defaultPath, 'utf8');
  } catch (thrown) {
    if (path === undefined && findErrorCode(thrown) === 'ENOENT') return '';
    throw new ConfigError([`${path ?? defaultPath}: cannot be read: ${formatReason(thrown)}`]);
  }
}
