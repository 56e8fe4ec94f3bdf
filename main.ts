#!/usr/bin/env node
// The program: `node main.ts --mode MODE`. Turns the command line into a mode's run function, loaded on
// demand, turns signals into an abort or a reload, and errors into exit codes. The only place that ends
// the process.

import { parseArgs } from 'node:util';
import { type Clock, openSystemClock } from './lake/clock.ts';
import { type LoadedConfig, loadConfig } from './lake/config-file.ts';
import { drillClockVariable, openDrillClock } from './lake/drill-clock.ts';
import { ConfigError, findErrorCode, OperationalError, UsageError } from './lake/errors.ts';
import { findConfigSecrets, findEnvironmentSecrets } from './lake/find-secrets.ts';
import { openLog } from './lake/log.ts';
import { parseLogLevel } from './lake/log-line.ts';
import { hasLogParent } from './lake/log-relay.ts';
import type { ModeOptions } from './lake/mode.ts';
import { isReloadMessage, openReload } from './lake/reload.ts';
import { readFileSecrets } from './lake/secret-files.ts';
import { keepSecrets, strikeSecrets } from './lake/secrets.ts';
import { readVersion } from './lake/version.ts';
import { findMode, formatHelp, optionTypes, parseModeName, rejectUnusable } from './modes.ts';

const exitCodes = { done: 0, failed: 1, usage: 2, configuration: 78 } as const;
const orphanWithinMs = 30_000;

let isReloadWanted = false;
/** Until a mode runs the wish is kept: the configuration may have been read before it was changed. */
let requestReload = () => {
  isReloadWanted = true;
};

async function run(argv: readonly string[]): Promise<number> {
  keepSecrets([...findEnvironmentSecrets(process.env), ...readFileSecrets(process.env)]);
  const { values, positionals } = parseCommandLine(argv);
  if (values.help === true) return print(formatHelp());
  if (values.version === true) return print(`crypto-lake ${readVersion()}`);
  const name = parseModeName(values, positionals);
  const { config, text: configText } = await loadModeConfig(values);
  const { load, log: ownTarget } = findMode(name);
  const mode = await load();
  const target = hasLogParent() ? 'parent' : ownTarget;
  const level = parseLogLevel(process.env.LOG_LEVEL);
  const log = await openLog({ root: config.root, service: name, level, target });
  // Node would print what was thrown as it is, secrets and all.
  process.on('uncaughtException', (thrown) => {
    log.error(`crash: ${thrown.stack}`);
    process.exit(exitCodes.failed);
  });
  const reload = openReload(() => loadUsableConfig(values), log);
  requestReload = () => void reload.request();
  if (isReloadWanted) requestReload();
  try {
    return await mode({
      config,
      configText,
      options: values,
      positionals,
      log,
      clock: openClock(),
      signal: stop,
      onReload: reload.onReload,
    });
  } catch (thrown) {
    return reportFailure(thrown, target === 'console' ? printFailure : log.error);
  } finally {
    await log.close();
  }
}

/** What a running mode takes over. */
async function loadUsableConfig(values: ModeOptions): Promise<LoadedConfig> {
  const loaded = await loadModeConfig(values);
  await rejectUnusable(loaded.config);
  return loaded;
}

/** The machine's clock; in a drill, one that is set on purpose. */
function openClock(): Clock {
  const path = process.env[drillClockVariable];
  return path === undefined ? openSystemClock() : openDrillClock(openSystemClock(), path);
}

/** Aborted on signals, and when the parent that takes our log has gone. */
function listenForStop(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => abort.abort());
  }
  if (hasLogParent()) {
    const stopOrphaned = () => {
      abort.abort();
      setTimeout(leaveOrphaned, orphanWithinMs).unref();
    };
    // A parent that went while this process was being loaded has left no event to wait for.
    if (process.connected) process.on('disconnect', stopOrphaned);
    else stopOrphaned();
  }
  return abort.signal;
}

/** Nobody is left who would kill a child that does not stop. */
function leaveOrphaned(): void {
  printFailure(`stop without parent: not done within ${orphanWithinMs / 1000} s; leaving`);
  process.exit(exitCodes.failed);
}

function parseCommandLine(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: optionTypes, allowPositionals: true });
  } catch (thrown) {
    throw new UsageError(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** `--root` wins over the file and the environment. */
async function loadModeConfig(values: ModeOptions): Promise<LoadedConfig> {
  const root = asText(values.root);
  const environment = root === undefined ? process.env : { ...process.env, CRYPTO_LAKE_ROOT: root };
  const loaded = await loadConfig(asText(values.config), environment);
  keepSecrets(findConfigSecrets(loaded.config));
  return loaded;
}

function asText(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return exitCodes.done;
}

function reportFailure(thrown: unknown, report: (text: string) => void): number {
  const known =
    thrown instanceof ConfigError ||
    thrown instanceof UsageError ||
    thrown instanceof OperationalError;
  const text = thrown instanceof Error ? (known ? thrown.message : thrown.stack) : String(thrown);
  report(text ?? '');
  if (thrown instanceof ConfigError) return exitCodes.configuration;
  return thrown instanceof UsageError ? exitCodes.usage : exitCodes.failed;
}

function printFailure(text: string): void {
  process.stderr.write(`crypto-lake: ${strikeSecrets(text)}\n`);
}

/** A reader that has gone (`| head`, a dead parent) is no reason to stop. */
function ignoreBrokenPipe(thrown: Error): void {
  if (findErrorCode(thrown) !== 'EPIPE') throw thrown;
}

// From the first moment on: by default SIGHUP ends a process, and the first process of a container is
// not ended by a SIGTERM that nobody listens for.
const stop = listenForStop();
process.on('SIGHUP', () => requestReload());
if (hasLogParent()) process.on('message', (sent) => isReloadMessage(sent) && requestReload());
for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe);
const exitCode = await run(process.argv.slice(2)).catch((thrown) =>
  reportFailure(thrown, printFailure),
);
// What is still queued for a pipe would be lost.
await new Promise((done) => process.stdout.write('', done));
process.exit(exitCode);
