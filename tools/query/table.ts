// Rows as a plain table for a terminal: numbers to the right, text to the left, NULL left empty.

import type { Json } from '@duckdb/node-api';

export function formatTable(names: readonly string[], rows: readonly (readonly Json[])[]): string {
  const cells = rows.map((row) => row.map(formatCell));
  const widths = names.map((name, column) =>
    Math.max(name.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const isNumeric = names.map((_, column) => rows.every((row) => isNumber(row[column])));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  const count = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
  return [line(names), rule, ...cells.map(line), count, ''].join('\n');
}

function formatCell(value: Json): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** 64-bit integers and decimals arrive as text. */
function isNumber(value: Json | undefined): boolean {
  if (value === null || value === undefined || typeof value === 'number') return true;
  return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
}
