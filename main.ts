// The program: `node main.ts --mode MODE`. Turns the command line into a mode's run function, loaded on
// demand, turns signals into an abort, and errors into exit codes. The only place that ends the process.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openSystemClock } from './lake/clock.ts';
import type { Config } from './lake/config.ts';
import { loadConfig } from './lake/config-file.ts';
import { ConfigError, OperationalError, UsageError } from './lake/errors.ts';
import { findSecrets, openLog } from './lake/log.ts';
import type { ModeOptions, RunMode } from './lake/mode.ts';
import { formatHelp, modes, optionTypes, parseModeName } from './modes.ts';

const exitCodes = { done: 0, failed: 1, usage: 2, configuration: 78 } as const;

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommandLine(argv);
  if (values.help === true) return print(formatHelp());
  if (values.version === true) return print(`crypto-lake ${readVersion()}`);
  const name = parseModeName(values, positionals);
  const config = await loadModeConfig(values);
  const mode: RunMode = await modes[name].load();
  const secrets = findSecrets(config, process.env);
  const log = openLog({ root: config.root, service: name, secrets, level: process.env.LOG_LEVEL });
  const abort = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => abort.abort());
  try {
    return await mode({
      config,
      configPath: asText(values.config),
      options: values,
      positionals,
      log,
      clock: openSystemClock(),
      signal: abort.signal,
    });
  } finally {
    await log.close();
  }
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: optionTypes, allowPositionals: true });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** `--root` wins over the file and the environment. */
async function loadModeConfig(values: ModeOptions): Promise<Config> {
  const root = asText(values.root);
  const environment =
    root === undefined ? process.env : { ...process.env, CRYPTO_LAKE_ROOT: root };
  return loadConfig(asText(values.config), environment);
}

function asText(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return exitCodes.done;
}

function readVersion(): string {
  const path = new URL('./package.json', import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).version;
}

function reportFailure(thrown: unknown): number {
  const known =
    thrown instanceof ConfigError ||
    thrown instanceof UsageError ||
    thrown instanceof OperationalError;
  const text = thrown instanceof Error ? (known ? thrown.message : thrown.stack) : String(thrown);
  process.stderr.write(`crypto-lake: ${text}\n`);
  if (thrown instanceof ConfigError) return exitCodes.configuration;
  return thrown instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

process.exit(await run(process.argv.slice(2)).catch(reportFailure));
