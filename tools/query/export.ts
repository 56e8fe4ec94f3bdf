// Answers as CSV and JSON text, piece by piece, so that no answer has to fit into memory.

import type { DuckDBResult, Json } from '@duckdb/node-api';

/** CSV with a header line, RFC 4180 quoting, NULL as nothing. */
export async function* formatCsv(result: DuckDBResult): AsyncGenerator<string> {
  yield `${result.columnNames().map(formatCsvCell).join(',')}\n`;
  for await (const rows of result.yieldRowsJson()) {
    yield rows.map((row) => `${row.map(formatCsvCell).join(',')}\n`).join('');
  }
}

function formatCsvCell(value: Json): string {
  if (value === null) return '';
  const cell = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** A JSON array, a row a line, from rows that are JSON objects already. */
export async function* formatJson(result: DuckDBResult): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const rows of result.yieldRowsJson()) {
    for (const [row] of rows) {
      yield `${separator}${row}`;
      separator = ',\n';
    }
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}
