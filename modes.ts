// The command line: which modes there are, what each does, which options there are, and the help
// that says so. Loading a mode's code is left to the moment it is asked for.

import type { Config } from './lake/config.ts';
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
  upload: {
    summary: 'copy finished days to the configured stores and verify them; --dry-run',
    log: 'file',
    load: async () => (await import('./tools/upload/upload.ts')).runUpload,
  },
  'upload-raw': {
    summary: 'copy sealed raw parts to the configured stores, in batches, until SIGTERM',
    log: 'file',
    load: async () => (await import('./tools/upload/upload-raw.ts')).runUploadRaw,
  },
  restore: {
    summary: 'bring days back from a store and verify them: --from --to, or --date',
    log: 'file',
    load: async () => (await import('./tools/restore/restore.ts')).runRestore,
  },
  import: {
    summary: 'take the raw parts of another lake on this machine into this one: --other FOLDER',
    log: 'file',
    load: async () => {
      const [{ openImport }, { recoverParts }, { describePart }] = await Promise.all([
        import('./tools/import/import.ts'),
        import('./collector/recovery.ts'),
        import('./collector/describe-part.ts'),
      ]);
      return openImport({ recoverParts, describePart });
    },
  },
  live: {
    summary: 'keep the live tail fresh for other programs that read the lake, until SIGTERM',
    log: 'file',
    load: async () => (await import('./transformer/live/live.ts')).runLive,
  },
  web: {
    summary: 'serve dashboard, API, health and metrics over HTTP until SIGTERM',
    log: 'file',
    load: async () => (await import('./tools/web/web.ts')).runWeb,
  },
  'web-data': {
    summary: 'started by web: answer what it asks about the data',
    log: 'console',
    load: async () => (await import('./tools/web/data/data-process.ts')).runWebData,
  },
  'web-sql': {
    summary: 'started by web: run the SQL of people',
    log: 'console',
    load: async () => (await import('./tools/web/data/sql-process.ts')).runWebSql,
  },
  plan: {
    summary: 'print what the configuration needs: disk, CPU, memory, bucket; days until it is full',
    log: 'console',
    load: async () => (await import('./tools/plan/plan.ts')).runPlan,
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

type Option = {
  type: 'string' | 'boolean';
  /** The modes that take it; every mode where it is not given. */
  of?: ModeName[];
  help: string;
};

const takeArguments: readonly ModeName[] = ['drill', 'query'];

const options = {
  mode: { type: 'string', help: 'what to do, see above' },
  config: { type: 'string', help: 'configuration file (default: config.yml where there is one)' },
  root: { type: 'string', help: "the lake's folder, instead of the configured one" },
  seconds: { type: 'string', of: ['demo'], help: 'end after so many seconds' },
  test: { type: 'boolean', of: ['orchestrate'], help: 'transform every 2 minutes' },
  exchange: {
    type: 'string',
    of: ['transform', 'backfill', 'reconcile', 'verify', 'upload', 'restore'],
    help: 'only this exchange',
  },
  symbol: {
    type: 'string',
    of: ['transform', 'backfill', 'reconcile', 'verify', 'upload', 'restore'],
    help: 'only this symbol',
  },
  date: {
    type: 'string',
    of: ['transform', 'reconcile', 'verify', 'upload', 'restore'],
    help: 'only this UTC day, YYYY-MM-DD',
  },
  from: { type: 'string', of: ['backfill', 'restore'], help: 'first UTC day, YYYY-MM-DD' },
  to: { type: 'string', of: ['backfill', 'restore'], help: 'last UTC day (default: yesterday)' },
  report: { type: 'string', of: ['verify', 'drill'], help: 'write the report to this file, too' },
  repair: { type: 'boolean', of: ['verify'], help: 'rebuild what fails' },
  'dry-run': {
    type: 'boolean',
    of: ['cleanup', 'upload', 'restore'],
    help: 'only say what would be done',
  },
  raw: { type: 'boolean', of: ['restore'], help: 'raw parts, too' },
  store: { type: 'string', of: ['upload', 'restore'], help: 'only this store: gcs, s3 or folder' },
  other: { type: 'string', of: ['import'], help: 'root of the other lake' },
  alert: {
    type: 'boolean',
    of: ['check', 'health'],
    help: 'send an alert: of check a test, of health its verdict',
  },
  rounds: { type: 'string', of: ['drill'], help: 'how many rounds (default: 1)' },
  rebuild: { type: 'boolean', of: ['transform'], help: 'derive again from all raw parts' },
  format: {
    type: 'string',
    of: ['query'],
    help: 'table (default), csv, json, ndjson or parquet; of a file, what its name ends with',
  },
  file: { type: 'string', of: ['query'], help: 'read the SQL from this file' },
  out: {
    type: 'string',
    of: ['query'],
    help: 'write the answer to this file, as a whole or not at all',
  },
  port: { type: 'string', of: ['simulate'], help: 'port to listen on (default: any that is free)' },
  seed: {
    type: 'string',
    of: ['simulate', 'drill'],
    help: 'the same seed gives the same run (default: 1)',
  },
  rate: { type: 'string', of: ['simulate'], help: 'multiplies the trades per second (default: 1)' },
  history: {
    type: 'string',
    of: ['simulate', 'demo'],
    help: 'finished days before this one that have trades (default: of simulate 2, of demo 1)',
  },
  replay: { type: 'string', of: ['simulate'], help: 'serve these recordings, comma-separated' },
  speed: {
    type: 'string',
    of: ['simulate'],
    help: 'times real time; max for a replay (default: 1)',
  },
  retime: { type: 'boolean', of: ['simulate'], help: 'shift a replay so that it begins now' },
  listening: {
    type: 'boolean',
    of: ['health'],
    help: 'of the collector alone: is it subscribed to every stream?',
  },
  within: { type: 'string', of: ['health'], help: 'with --listening: wait for so many seconds' },
  help: { type: 'boolean', help: 'show this text' },
  version: { type: 'boolean', help: 'show the version' },
} satisfies Record<string, Option>;

export const optionTypes: { [Name in keyof typeof options]: { type: 'string' | 'boolean' } } =
  options;

/**
 * The mode asked for. Throws UsageError where there is none of that name, or where it does not take an
 * option or argument that is given: what the user meant to narrow must not run on everything.
 */
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
  rejectStrays(name as ModeName, values, positionals);
  return name as ModeName;
}

function rejectStrays(mode: ModeName, values: ModeOptions, positionals: readonly string[]): void {
  for (const [name, { of }] of Object.entries<Option>(options)) {
    if (values[name] === undefined || of === undefined || of.includes(mode)) continue;
    throw new UsageError(`parse command line: ${mode} takes no --${name}, only ${of.join(', ')}`);
  }
  if (positionals[0] !== undefined && !takeArguments.includes(mode)) {
    throw new UsageError(`parse command line: ${mode} takes no argument, got "${positionals[0]}"`);
  }
}

export function findMode(name: ModeName): Mode {
  return modes[name];
}

/** Throws ConfigError with every exchange and channel that is none: a collector would not start by it. */
export async function rejectUnusable(config: Pick<Config, 'exchanges'>): Promise<void> {
  const { planStreams } = await import('./exchanges/plan.ts');
  planStreams(config);
}

export function formatHelp(): string {
  const rows = (entries: [string, string][]) =>
    entries.map(([left, right]) => `  ${left.padEnd(22)}${right}`).join('\n');
  const modeRows = Object.entries(modes).map(([name, { summary }]): [string, string] => [
    name,
    summary,
  ]);
  const optionRows = Object.entries<Option>(options).map(
    ([name, { type, of, help }]): [string, string] => [
      `--${name}${type === 'string' ? ` ${name.toUpperCase()}` : ''}`,
      of === undefined ? help : `${of.join(', ')}: ${help}`,
    ],
  );
  return [
    'crypto-lake: record, transform and query market data',
    '',
    'Usage: npm start -- --mode MODE [--config FILE] [options]',
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
