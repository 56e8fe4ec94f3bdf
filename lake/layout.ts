// Where everything lies below the lake's root: the one place that knows folder and file names. Holds
// no effects. The names are a contract with users and other tools: add to them, never change them.

import { join } from 'node:path';
import type { Day } from './day.ts';

/** A symbol of an exchange: the unit in which the lake is collected, transformed and stored. */
export type Instrument = { exchange: string; symbol: string };

export type Dataset = 'bars_1s' | 'trades' | 'reconcile';

export const rawManifestName = 'manifest.jsonl';
export const openSuffix = '.open';

/** How a sealed part is compressed on disk, by its suffix. */
export const partSuffixes = { none: '.jsonl', gzip: '.jsonl.gz', zstd: '.jsonl.zst' } as const;
export type PartCompression = keyof typeof partSuffixes;

/** `raw/<exchange>/<SYMBOL>` */
export function rawDir(root: string, { exchange, symbol }: Instrument): string {
  return join(root, 'raw', exchange, symbol);
}

/** `raw/<exchange>/<SYMBOL>/<day of receipt>` */
export function rawDayDir(root: string, instrument: Instrument, day: Day): string {
  return join(rawDir(root, instrument), day);
}

/** `part_0007` for 7. Grows past four digits rather than wrapping round. */
export function formatPartStem(number: number): string {
  return `part_${String(number).padStart(4, '0')}`;
}

/** What a file in a raw day folder is, or undefined when it is no part. */
export function parsePartFileName(
  name: string,
): { stem: string; number: number; open: boolean; compression: PartCompression } | undefined {
  const match = /^(part_(\d{4,}))\.jsonl(\.gz|\.zst)?(\.open)?$/.exec(name);
  if (match === null) return undefined;
  const [, stem, digits, packed, open] = match;
  const compression = packed === '.gz' ? 'gzip' : packed === '.zst' ? 'zstd' : 'none';
  return { stem: stem!, number: Number(digits), open: open !== undefined, compression };
}

/** The folder of a dataset below the root: bars_1s lies in `parquet`, every other under its name. */
export function datasetDir(root: string, dataset: Dataset): string {
  return join(root, dataset === 'bars_1s' ? 'parquet' : dataset);
}

/** `<dataset folder>/<exchange>/<SYMBOL>/year=YYYY/month=MM/day=DD` */
function partitionDir(
  root: string,
  dataset: Dataset,
  { exchange, symbol }: Instrument,
  day: Day,
): string {
  const [year, month, date] = day.split('-');
  return join(
    datasetDir(root, dataset),
    exchange,
    symbol,
    `year=${year}`,
    `month=${month}`,
    `day=${date}`,
  );
}

export function partitionPath(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
): string {
  return join(partitionDir(root, dataset, instrument, day), `${dataset}.parquet`);
}

export function partitionManifestPath(
  root: string,
  dataset: Dataset,
  instrument: Instrument,
  day: Day,
): string {
  return join(partitionDir(root, dataset, instrument, day), `${dataset}.manifest.json`);
}

/** `state/transform/<exchange>/<SYMBOL>`: what the transformer needs to go on where it stopped. */
export function transformStateDir(root: string, { exchange, symbol }: Instrument): string {
  return join(root, 'state', 'transform', exchange, symbol);
}

/** `state/cleanup/<exchange>/<SYMBOL>/emptied.jsonl`: days of receipt whose folders were deleted. */
export function emptiedDaysPath(root: string, { exchange, symbol }: Instrument): string {
  return join(root, 'state', 'cleanup', exchange, symbol, 'emptied.jsonl');
}

/** `state/cleanup/<exchange>/<SYMBOL>/<day of receipt>.jsonl`: parts that were deleted on purpose. */
export function deletedPartsPath(root: string, { exchange, symbol }: Instrument, day: Day): string {
  return join(root, 'state', 'cleanup', exchange, symbol, `${day}.jsonl`);
}

/** `state/status/<service>.json`: what a service last said of itself, for the heartbeat. */
export function statusPath(root: string, service: string): string {
  return join(root, 'state', 'status', `${service}.json`);
}

/**
 * `<dataset>.uploaded.json` beside the manifest: the Parquet file lies in a store and was deleted here on
 * purpose.
 */
export function awayPath(root: string, dataset: Dataset, instrument: Instrument, day: Day): string {
  return join(partitionDir(root, dataset, instrument, day), `${dataset}.uploaded.json`);
}

/** What a store is known to have. */
export function uploadLedgerDir(root: string, store: string): string {
  return join(root, 'state', 'upload', store);
}

/** `state/upload/<store>/<exchange>/<SYMBOL>/<day>.jsonl`: files of a day that a store is known to have. */
export function uploadLedgerPath(
  root: string,
  store: string,
  { exchange, symbol }: Instrument,
  day: Day,
): string {
  return join(uploadLedgerDir(root, store), exchange, symbol, `${day}.jsonl`);
}

/** `state/upload/<store>/<exchange>/<SYMBOL>/<day of receipt>.raw.jsonl`: the same for raw parts. */
export function rawUploadLedgerPath(
  root: string,
  store: string,
  { exchange, symbol }: Instrument,
  day: Day,
): string {
  return join(uploadLedgerDir(root, store), exchange, symbol, `${day}.raw.jsonl`);
}

/** `state/import/<exchange>/<SYMBOL>/<day of receipt>.jsonl`: parts that were taken from other lakes. */
export function importedPartsPath(
  root: string,
  { exchange, symbol }: Instrument,
  day: Day,
): string {
  return join(root, 'state', 'import', exchange, symbol, `${day}.jsonl`);
}

/**
 * `state/upload/sending/<service>`: files on their way to a store, kept as they are while the lake goes on.
 * Not in `state/tmp`, where what was not changed for days is dropped: these are links to such files.
 */
export function uploadSendingDir(root: string, service: 'upload' | 'upload-raw'): string {
  return join(root, 'state', 'upload', 'sending', service);
}

/** `state/alerting/alerts.json`: what was reported, and what is still to be sent. */
export function alertStatePath(root: string): string {
  return join(root, 'state', 'alerting', 'alerts.json');
}

/** `state/alerting/health.json`: the same of `--mode health --alert`, which runs beside it. */
export function healthAlertStatePath(root: string): string {
  return join(root, 'state', 'alerting', 'health.json');
}

/** `state/reconcile/<exchange>/<SYMBOL>.json`: which bars were compared, and what was filled. */
export function reconcileStatePath(root: string, { exchange, symbol }: Instrument): string {
  return join(root, 'state', 'reconcile', exchange, `${symbol}.json`);
}

export function lockPath(root: string, name: string): string {
  return join(root, 'state', 'locks', `${name}.lock`);
}

export function quarantineDir(root: string): string {
  return join(root, 'quarantine');
}

export function healthDir(root: string): string {
  return join(root, 'health');
}

/** `state/orchestrate/starts.json`: when it was started, and how each run ended. */
export function startHistoryPath(root: string): string {
  return join(root, 'state', 'orchestrate', 'starts.json');
}

/** `state/orchestrate/config.yml`: the configuration in force, as the orchestrator has read it. */
export function configInForcePath(root: string): string {
  return join(root, 'state', 'orchestrate', 'config.yml');
}

export function heartbeatPath(root: string): string {
  return join(root, 'health', 'heartbeat.json');
}

/** The heartbeat for people. */
export function healthPagePath(root: string): string {
  return join(root, 'health', 'health.md');
}

export function logDir(root: string): string {
  return join(root, 'logs', 'qa');
}

export function catalogPath(root: string): string {
  return join(root, 'lake.duckdb');
}

/** `state/rest/<exchange>.json`: until when the exchange has blocked this address. */
export function restStatePath(root: string, exchange: string): string {
  return join(root, 'state', 'rest', `${exchange}.json`);
}

/** `state/collect/gaps.json`: the trades the collector knows to be missing. */
export function gapStatePath(root: string): string {
  return join(root, 'state', 'collect', 'gaps.json');
}

/** `state/collect/rates.json`: how often each stream delivers, as the collector has learnt. */
export function ratesPath(root: string): string {
  return join(root, 'state', 'collect', 'rates.json');
}

/** `state/tmp/<name>`: for files on their way; whoever makes it empties it. */
export function tempDir(root: string, name: string): string {
  return join(root, 'state', 'tmp', name);
}

/** What is derived of raw parts that are not transformed yet: `state/live`. May be deleted at any time. */
export function liveDir(root: string): string {
  return join(root, 'state', 'live');
}

/**
 * A layer of an instrument's live tail: `sealed` of sealed parts, `open` of the part being written. Files have the
 * dataset's own columns; a row of `open` replaces one of `sealed`, and this one of the lake. One without a value takes
 * what it replaces away.
 */
export function livePath(
  root: string,
  dataset: 'bars_1s' | 'trades',
  { exchange, symbol }: Instrument,
  layer: 'sealed' | 'open',
): string {
  return join(liveDir(root), exchange, symbol, `${dataset}.${layer}.parquet`);
}
