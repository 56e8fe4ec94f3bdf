// What is copied as a whole: a day of an instrument with its partitions, or the raw parts that were received
// on a day. Its files, and which of them a store is not known to have. Holds no effects.

import type { Day } from '../../lake/day.ts';
import { type Instrument, rawUploadLedgerPath, uploadLedgerPath } from '../../lake/layout.ts';
import type { UploadedFile } from './ledger.ts';

export type Unit = { kind: 'day' | 'raw'; instrument: Instrument; day: Day };

/** A file here that is to be in the stores. */
export type SourceFile = {
  key: string;
  path: string;
  /** Manifests are sent last: where one is in a store, so is what it describes. */
  isManifest: boolean;
  bytes: number;
  mtimeMs: number;
  /** What its manifest says it must be, hex; undefined for what no manifest describes. */
  sha256: string | undefined;
  /** Whether it is compressed on its way. */
  isPacked: boolean;
  /** A Parquet file whose manifest is here and which is not: it was sent away, or lost. */
  isAbsent: boolean;
};

/** `binance/BTCUSDT 2026-03-01`, or the raw parts of that day. */
export function formatUnit({ kind, instrument: { exchange, symbol }, day }: Unit): string {
  return `${kind === 'raw' ? 'raw ' : ''}${exchange}/${symbol} ${day}`;
}

/** Where what a store is known to have of the unit is noted. */
export function findLedgerPath(root: string, store: string, unit: Unit): string {
  const { kind, instrument, day } = unit;
  return kind === 'raw'
    ? rawUploadLedgerPath(root, store, instrument, day)
    : uploadLedgerPath(root, store, instrument, day);
}

/** Whether the ledger says that the store has the file as it is now. Without a hash its times tell. */
function isKnown(
  file: Pick<SourceFile, 'sha256' | 'bytes' | 'mtimeMs'>,
  known: UploadedFile | undefined,
): boolean {
  if (known === undefined) return false;
  if (file.sha256 !== undefined) return known.sha256 === file.sha256;
  return known.mtime_ms === file.mtimeMs && known.bytes === file.bytes;
}

/**
 * Whether a store is to be sent the file, or with `isAsked` to be asked for it, whatever the ledger says. Of
 * a file that is away there is nothing to be compared.
 */
export function isLacking(
  file: SourceFile,
  known: UploadedFile | undefined,
  isAsked: boolean,
): boolean {
  return !isKnown(file, known) || (isAsked && !file.isAbsent);
}
