// The command line: which modes there are, what each does, which options there are, and the help
// that says so. Loading a mode's code is left to the moment it is asked for.

import { UsageError } from './lake/errors.ts';
import type { ModeOptions, RunMode } from './lake/mode.ts';

type Mode = {
  summary: string;
  /** Commands that only look, or that talk to a person, write no log file. */
  log: 'file' | 'console';
  load: () => Promise<RunMode>;
};

export const modes = {
  orchestrate: {
    summary: 'run the whole lake until SIGTERM',
    log: 'file',
    load: async () => (await import('./orchestrator/orchestrate.ts')).runOrchestrate,
  },
  collect: {
    summary: 'record the configured streams until SIGTERM',
    log: 'file',
    load: async () => (await import('./collector/collect.ts')).runCollect,
  },
  transform: {
    summary: 'turn sealed parts into Parquet partitions, then end',
    log: 'file',
    load: async () => (await import('./transformer/transform.ts')).runTransform,
  },
  backfill: {
    summary: 'fetch missing trades: of --from to --to, or all that the manifests call missing',
    log: 'file',
    load: async () => (await import('./tools/backfill/backfill.ts')).runBackfill,
  },
  reconcile: {
    summary: "compare bars with the exchange's own klines, of --date or of the last hours",
    log: 'file',
    load: async () => (await import('./tools/reconcile/reconcile.ts')).runReconcile,
  },
  verify: {
    summary:
      'derive partitions again and compare; check parts, manifests, ids, rows; 1 if any is wrong',
    log: 'console',
    load: async () => (await import('./tools/verify/verify.ts')).runVerify,
  },
  cleanup: {
    summary: 'delete what is old and proven; --dry-run says what would go',
    log: 'file',
    load: async () => (await import('./tools/cleanup/cleanup.ts')).runCleanup,
  },
  drill: {
    summary:
      'strike a scratch lake with faults in random order (or those named), report what is lost',
    log: 'console',
    load: async () => (await import('./tools/drill/drill.ts')).runDrill,
  },
  query: {
    summary: 'SQL over the lake, from the argument, --file, standard input or a prompt',
    log: 'console',
    load: async () => (await import('./tools/query/query.ts')).runQuery,
  },
  simulate: {
    summary: 'serve the embedded exchange until SIGTERM',
    log: 'console',
    load: async () => (await import('./tools/simulator/simulate.ts')).runSimulate,
  },
  demo: {
    summary: 'the embedded exchange and the whole lake on it, until Ctrl-C',
    log: 'console',
    load: async () => (await import('./tools/demo/demo.ts')).runDemo,
  },
  check: {
    summary: 'validate configuration, machine and exchanges without starting',
    log: 'console',
    load: async () => (await import('./tools/check/check.ts')).runCheck,
  },
  health: {
    summary: 'judge the last heartbeat: 0 fresh and not unhealthy, else 1',
    log: 'console',
    load: async () => (await import('./tools/health/health.ts')).runHealth,
  },
} satisfies Record<string, Mode>;

export type ModeName = keyof typeof modes;

const options = {
  mode: { type: 'string', help: 'what to do, see above' },
  config: { type: 'string', help: 'configuration file (default: config.yml where there is one)' },
  root: { type: 'string', help: "the lake's folder, instead of the configured one" },
  seconds: { type: 'string', help: 'demo: end after so many seconds' },
  test: { type: 'boolean', help: 'orchestrate: transform every 2 minutes' },
  exchange: { type: 'string', help: 'transform, backfill, reconcile, verify: only this exchange' },
  symbol: { type: 'string', help: 'transform, backfill, reconcile, verify: only this symbol' },
  date: { type: 'string', help: 'transform, reconcile, verify: only this UTC day, YYYY-MM-DD' },
  from: { type: 'string', help: 'backfill: first UTC day, YYYY-MM-DD' },
  to: { type: 'string', help: 'backfill: last UTC day (default: yesterday)' },
  report: { type: 'string', help: 'verify, drill: write the report to this file, too' },
  repair: { type: 'boolean', help: 'verify: rebuild what fails' },
  'dry-run': { type: 'boolean', help: 'cleanup: only say what would be deleted' },
  rounds: { type: 'string', help: 'drill: how many rounds (default: 1)' },
  rebuild: { type: 'boolean', help: 'transform: derive again from all raw parts' },
  format: { type: 'string', help: 'query: table (default), csv, json or parquet' },
  file: { type: 'string', help: 'query: read the SQL from this file' },
  out: { type: 'string', help: 'query: write the answer to this file' },
  port: { type: 'string', help: 'simulate: port to listen on (default: any that is free)' },
  seed: { type: 'string', help: 'simulate, drill: the same seed gives the same run (default: 1)' },
  rate: { type: 'string', help: 'simulate: multiplies the trades per second (default: 1)' },
  replay: { type: 'string', help: 'simulate: serve these recordings, comma-separated' },
  speed: { type: 'string', help: 'simulate: times real time; max for a replay (default: 1)' },
  retime: { type: 'boolean', help: 'simulate: shift a replay so that it begins now' },
  help: { type: 'boolean', help: 'show this text' },
  version: { type: 'boolean', help: 'show the version' },
} as const;

export const optionTypes: { [Name in keyof typeof options]: { type: 'string' | 'boolean' } } =
  options;

/** The mode asked for. Throws UsageError where there is none of that name. */
export function parseModeName(values: ModeOptions, positionals: readonly string[]): ModeName {
  const name = values.mode;
  if (typeof name !== 'string') {
    const given = positionals[0] === undefined ? '' : `, got "${positionals[0]}"`;
    throw new UsageError(`parse command line: --mode MODE is missing${given}`);
  }
  if (!Object.hasOwn(modes, name)) {
    const known = Object.keys(modes).join(', ');
    throw new UsageError(`parse command line: no mode "${name}"; there are ${known}`);
  }
  return name as ModeName;
}

export function findMode(name: ModeName): Mode {
  return modes[name];
}

export function formatHelp(): string {
  const rows = (entries: [string, string][]) =>
    entries.map(([left, right]) => `  ${left.padEnd(22)}${right}`).join('\n');
  const modeRows = Object.entries(modes).map(([name, { summary }]): [string, string] => [
    name,
    summary,
  ]);
  const optionRows = Object.entries(options).map(([name, { type, help }]): [string, string] => [
    `--${name}${type === 'string' ? ` ${name.toUpperCase()}` : ''}`,
    help,
  ]);
  return [
    'crypto-lake: record, transform and query market data',
    '',
    'Usage: node main.ts --mode MODE [--config FILE] [options]',
    '',
    'Modes:',
    rows(modeRows),
    '',
    'Options:',
    rows(optionRows),
    '',
    'Exit codes: 0 done, 1 failed or bad verdict, 2 wrong usage, 78 wrong configuration.',
  ].join('\n');
}
