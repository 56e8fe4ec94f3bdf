// Rows of DuckDB as JSON has them: times in ISO 8601, UTC, with microseconds; whole numbers and decimals as numbers
// where a double holds them exactly, else as text; what JSON has no number for as text. Holds no effects.

import type { DuckDBResult, Json } from '@duckdb/node-api';

export type Column = { name: string; type: string };
export type JsonRows = { columns: Column[]; rows: Json[][] };

type Convert = (value: Json) => Json;

const toExactNumber: Convert = (value) => {
  if (typeof value !== 'string') return value;
  const digits = value.replace(/[-.]/g, '').replace(/^0+/, '');
  return digits.length <= 15 || Number.isSafeInteger(Number(value)) ? Number(value) : value;
};
const toIsoTime: Convert = (value) => (typeof value === 'string' ? formatIsoTime(value) : value);

const converters: readonly { of: RegExp; convert: Convert }[] = [
  { of: /^(U?BIGINT|U?HUGEINT|DECIMAL.*)$/, convert: toExactNumber },
  { of: /^TIMESTAMP/, convert: toIsoTime },
];

/** At most `maxRows` rows, and whether there are more. */
export async function collectRows(
  result: DuckDBResult,
  maxRows = Number.POSITIVE_INFINITY,
): Promise<JsonRows & { isTruncated: boolean }> {
  const columns = listColumns(result);
  const convertRow = openConvertRow(columns);
  const rows: Json[][] = [];
  for await (const batch of result.yieldRowsJson()) {
    for (const row of batch) {
      if (rows.length >= maxRows) return { columns, rows, isTruncated: true };
      rows.push(convertRow(row));
    }
  }
  return { columns, rows, isTruncated: false };
}

/** Names are made unique where a query gives one twice. */
export function listColumns(result: DuckDBResult): Column[] {
  const types = result.columnTypes();
  return result
    .deduplicatedColumnNames()
    .map((name, index) => ({ name, type: String(types[index]) }));
}

export function openConvertRow(columns: readonly Column[]): (row: Json[]) => Json[] {
  const converts = columns.map(({ type }) => converters.find(({ of }) => of.test(type))?.convert);
  return (row) => row.map((value, index) => converts[index]?.(value) ?? value);
}

/** Each row by the names of its columns, but for those in `without`. */
export function toObjects(
  { columns, rows }: JsonRows,
  without: readonly string[] = [],
): Record<string, Json>[] {
  const kept = columns.flatMap(({ name }, index) =>
    without.includes(name) ? [] : [{ name, index }],
  );
  return rows.map((row) =>
    Object.fromEntries(kept.map(({ name, index }) => [name, row[index] ?? null])),
  );
}

/** `2026-11-21T10:00:00.123456Z` from `2026-11-21 10:00:00.123456+00`; what is no such time stays as it is. */
function formatIsoTime(text: string): string {
  const found = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:\+00)?$/.exec(text);
  if (found === null) return text;
  const [, day, time, fraction = ''] = found;
  return `${day}T${time}.${fraction.padEnd(6, '0')}Z`;
}

/** µs since the epoch of a time as it stands in a row. */
export function parseRowTimeUs(text: string): number {
  return Date.parse(`${text.slice(0, 19)}Z`) * 1000 + Number(text.slice(20, 26));
}
