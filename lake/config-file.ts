// Reads the configuration file. `--config FILE` must exist; without it `config.yml` in the working
// folder is read where there is one, and the defaults hold where there is none.

import { readFile } from 'node:fs/promises';
import { type Config, parseConfig } from './config.ts';
import { ConfigError, findErrorCode, formatReason } from './errors.ts';

const defaultPath = 'config.yml';

/** A configuration, and the text it was read from, empty where there is no file. */
export type LoadedConfig = { config: Config; text: string };

/** Reads, overrides from the environment, checks and freezes. Throws ConfigError. */
export async function loadConfig(
  path: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<LoadedConfig> {
  const text = await readConfigText(path);
  return { config: parseConfig(text, environment), text };
}

async function readConfigText(path: string | undefined): Promise<string> {
  try {
    return await readFile(path ?? defaultPath, 'utf8');
  } catch (thrown) {
    if (path === undefined && findErrorCode(thrown) === 'ENOENT') return '';
    throw new ConfigError([`${path ?? defaultPath}: cannot be read: ${formatReason(thrown)}`]);
  }
}
