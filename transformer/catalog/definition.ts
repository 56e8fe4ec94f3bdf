// What the catalog of a lake holds, as SQL: the statements of this folder with the paths of the lake and the names
// of the views put in. The same lake gives the same text; nothing is read but these statements.

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readSql } from '../../lake/duckdb.ts';
import { type Dataset, datasetDir, livePath } from '../../lake/layout.ts';
import { emptyManifestPath, emptyPath, emptyTailPath } from './empty-files.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, `${name}.sql`));
const statements = {
  about: readOwn('about'),
  times: readOwn('times'),
  bars_1s: readOwn('bars-1s'),
  trades: readOwn('trades'),
  reconcile: readOwn('reconcile'),
  manifests: readOwn('manifests'),
  tail: readOwn('tail'),
  live: readOwn('live'),
  bucketBars: readOwn('bucket-bars'),
  rollup: readOwn('rollup'),
  quality: readOwn('quality'),
  gaps: readOwn('gaps'),
  ohlcv: readOwn('ohlcv'),
  barMacros: readOwn('macros-bars'),
  pickedTrades: readOwn('picked-trades'),
  barSums: readOwn('bar-sums'),
  tradeBars: readOwn('macros-trade-bars'),
  tradeMacros: readOwn('macros-trades'),
  klines: readOwn('klines'),
  viewComments: readOwn('comments-views'),
  macroComments: readOwn('comments-macros'),
} as const;
const columnComments = {
  bars: readOwn('comments-bars'),
  seconds: readOwn('comments-seconds'),
  rollups: readOwn('comments-rollups'),
  trades: readOwn('comments-trades'),
} as const;

/** The intervals that have a view of their own, in seconds; each divides a day. */
const rollups = { '1m': 60, '5m': 300, '15m': 900, '1h': 3600, '1d': 86_400 } as const;
const datasets = ['bars_1s', 'trades', 'reconcile'] as const;
/** A dataset that has a tail, what identifies a row, its time, and a value that none lacks. */
const tails = [
  { dataset: 'bars_1s', name: 'bars', key: 'window_start', time: 'window_start', value: 'close' },
  { dataset: 'trades', name: 'trades', key: 'trade_id', time: 'trade_time', value: 'price' },
] as const;

/** A lake, as far as its catalog depends on it. */
export type CatalogScope = {
  root: string;
  /** Datasets with at least one Parquet file. */
  stored: ReadonlySet<Dataset>;
  /** Datasets with at least one manifest. */
  described: ReadonlySet<Dataset>;
  /** Whether some files, of an earlier version, lack columns. To allow for them takes a look into every file. */
  isMixed: boolean;
};

/** The statements that make the catalog in an empty database, and what they are known by. */
export function formatCatalog(scope: CatalogScope): { sql: string; fingerprint: string } {
  const views = formatViews(scope);
  const fingerprint = createHash('sha256').update(statements.about).update(views).digest('hex');
  const about = { root: quote(resolve(scope.root)), fingerprint: quote(fingerprint) };
  return { sql: `${views}\n${putIn(statements.about, about)}`, fingerprint };
}

function formatViews(scope: CatalogScope): string {
  return [
    statements.times,
    ...datasets.map((dataset) => formatDataset(scope, dataset)),
    ...tails.map((tail) => formatLive(scope.root, tail)),
    ...Object.entries(rollups).flatMap(([interval, seconds]) => [
      formatRollup(`bars_${interval}`, 'bars_1s', seconds),
      formatRollup(`bars_live_${interval}`, 'bars_live', seconds),
    ]),
    formatManifests(scope),
    putIn(statements.gaps, formatFiles(scope, 'bars_1s')),
    formatOhlcv('ohlcv', 'bars_1s'),
    formatOhlcv('ohlcv_live', 'bars_live'),
    statements.barMacros,
    putIn(statements.tradeBars, {
      picked_trades: `\n${statements.pickedTrades}`,
      bar_sums: statements.barSums,
    }),
    putIn(statements.tradeMacros, { picked_trades: `\n${statements.pickedTrades}` }),
    statements.klines,
    ...listComments(),
  ].join('\n');
}

function listComments(): string[] {
  const { bars, seconds, rollups: longer, trades } = columnComments;
  const rolledUp = ['bars', 'bars_live'].flatMap((of) =>
    Object.keys(rollups).map((interval) => `${of}_${interval}`),
  );
  return [
    statements.viewComments,
    ...['bars_1s', 'bars_tail', 'bars_live'].map((name) => putIn(bars + seconds, { name })),
    ...rolledUp.map((name) => putIn(bars + longer, { name })),
    ...['trades', 'trades_tail', 'trades_live'].map((name) => putIn(trades, { name })),
    statements.macroComments,
  ];
}

/** The Parquet files of a dataset. */
export function formatPattern(root: string, dataset: Dataset, fileName: string): string {
  return join(resolve(datasetDir(root, dataset)), '*/*/*/*/*', fileName);
}

function formatDataset(scope: CatalogScope, dataset: (typeof datasets)[number]): string {
  return putIn(statements[dataset], formatFiles(scope, dataset));
}

function formatFiles({ root, stored, isMixed }: CatalogScope, dataset: Dataset) {
  const pattern = quote(formatPattern(root, dataset, `${dataset}.parquet`));
  const empty = quote(resolve(emptyPath(root, dataset)));
  // A file with all columns and no row gives the others those they lack.
  const paths = !stored.has(dataset) ? empty : isMixed ? `[${empty}, ${pattern}]` : pattern;
  return { paths, is_mixed: String(isMixed) };
}

function formatLive(
  root: string,
  { dataset, name, key, time, value }: (typeof tails)[number],
): string {
  const any = { exchange: '*', symbol: '*' };
  const view = { name: `${name}_tail`, key, time };
  return [
    putIn(statements.tail, {
      ...view,
      empty: quote(resolve(emptyTailPath(root, dataset))),
      sealed: quote(resolve(livePath(root, dataset, any, 'sealed'))),
      open: quote(resolve(livePath(root, dataset, any, 'open'))),
    }),
    putIn(statements.live, {
      name: `${name}_live`,
      key,
      value,
      lake: dataset,
      tail: `${name}_tail`,
    }),
  ].join('\n');
}

export function formatRollup(name: string, source: string, seconds: number): string {
  const values = { name, source, seconds: String(seconds), origin: '0' };
  return putIn(putIn(statements.rollup, { bucket_bars: statements.bucketBars }), values);
}

function formatOhlcv(name: string, source: string): string {
  const seconds = 'interval_seconds("interval")';
  const statement = putIn(statements.ohlcv, { bucket_bars: statements.bucketBars });
  const origin = 'interval_origin("interval")';
  return putIn(statement, { name, source, seconds, origin });
}

function formatManifests({ root, described }: CatalogScope): string {
  const find = (dataset: 'bars_1s' | 'trades') =>
    quote(
      described.has(dataset)
        ? formatPattern(root, dataset, `${dataset}.manifest.json`)
        : resolve(emptyManifestPath(root)),
    );
  return [
    putIn(statements.manifests, { paths: find('bars_1s') }),
    putIn(statements.quality, {
      bars_manifests: find('bars_1s'),
      trades_manifests: find('trades'),
    }),
  ].join('\n');
}

/** A view keeps its text, so a path has to stand in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The statement with `:name` replaced by its value, where there is one of that name. */
export function putIn(statement: string, values: Record<string, string>): string {
  return statement.replaceAll(/:([a-z_]+)/g, (found, name: string) => values[name] ?? found);
}
