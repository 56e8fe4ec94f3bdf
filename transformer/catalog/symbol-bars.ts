// The bars of one symbol out of files that the caller names: what the views `bars_live` and `bars_live_*` say, made of
// the same statements, without a look at any other symbol or day. Whoever asks again and again can afford it.

import { join } from 'node:path';
import { readSql } from '../../lake/duckdb.ts';
import { formatRollup, putIn } from './definition.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, `${name}.sql`));

const stored = putIn(readBody('bars-1s'), {
  paths: `getvariable('stored_paths')`,
  is_mixed: 'true',
});
const tail = putIn(readBody('tail'), {
  key: 'window_start',
  time: 'window_start',
  empty: `getvariable('empty_path')`,
  sealed: `getvariable('sealed_path')`,
  open: `getvariable('open_path')`,
});
const seconds = putIn(readOwn('symbol-seconds'), { stored, tail });

/** In: stored_paths, empty_path, sealed_path, open_path; from_us, to_us; row_limit. */
export function formatSymbolSeconds(order: 'ASC' | 'DESC'): string {
  return putIn(`${seconds}${readOwn('symbol-last')}`, { order });
}

/** In: stored_paths, empty_path, sealed_path, open_path; from_us, to_us. */
export const symbolHead = `${seconds}${readOwn('symbol-head')}`;
/** In: empty_path, sealed_path, open_path. */
export const tailMinutes = readOwn('tail-minutes');

/** Of the buckets in `buckets`, counted in intervals from the epoch. In: what `formatSymbolSeconds` takes, and these. */
export function formatSymbolRollup(intervalSeconds: number): string {
  const wanted = putIn(readOwn('symbol-buckets'), { seconds: String(intervalSeconds) });
  return `${seconds}${wanted}${toBody(formatRollup('', 'wanted', intervalSeconds))}`;
}

/** Of whole partitions, as if there were no tail. In: stored_paths. */
export function formatPartitionRollup(intervalSeconds: number): string {
  return `WITH stored AS NOT MATERIALIZED (${stored})\n${toBody(formatRollup('', 'stored', intervalSeconds))}`;
}

function readBody(name: string): string {
  return toBody(readOwn(name));
}

/** What a view is made of. */
function toBody(view: string): string {
  return view.slice(view.indexOf(' AS\n') + ' AS\n'.length).replace(/;\s*$/, '');
}
