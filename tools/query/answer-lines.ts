// Answers as CSV, JSON and NDJSON, piece by piece, so that no answer has to fit into memory. DuckDB writes the lines:
// numbers as it writes them, exactly, and times in UTC.

import { join } from 'node:path';
import { readChunks, readSql } from '../../lake/duckdb.ts';
import type { LakeSession } from './lake-session.ts';
import type { ReadStatement } from './reads.ts';

export type LineFormat = 'csv' | 'json' | 'ndjson';

const csvSql = readSql(join(import.meta.dirname, 'export-csv.sql'));
const jsonSql = readSql(join(import.meta.dirname, 'export-json.sql'));

/** Pieces of text; `count` hears how many rows each has. Throws OperationalError where the answer breaks off. */
export async function* formatLines(
  session: LakeSession,
  { sql, prepared }: ReadStatement,
  format: LineFormat,
  count: (rows: number) => void,
): AsyncGenerator<string> {
  if (format === 'csv') {
    const names = Array.from({ length: prepared.columnCount }, (_, at) => prepared.columnName(at));
    yield `${names.map(formatName).join(',')}\n`;
  }
  const exportSql = format === 'csv' ? csvSql : jsonSql;
  const result = await session.connection.stream(exportSql.replace(':query', () => sql));
  const separator = format === 'json' ? ',\n' : '\n';
  let rows = 0;
  for await (const chunk of readChunks(result)) {
    const lines = chunk.getColumnValues(0).map(String);
    const whole = format === 'csv' ? lines : lines.map(mendNumbers);
    count(whole.length);
    const lead = format === 'json' ? (rows === 0 ? '[\n' : separator) : '';
    rows += whole.length;
    yield `${lead}${whole.join(separator)}${format === 'json' ? '' : '\n'}`;
  }
  if (format === 'json') yield rows === 0 ? '[]\n' : '\n]\n';
}

function formatName(name: string): string {
  return /[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

/** JSON has no NaN and no infinity, which DuckDB writes; they become null. */
function mendNumbers(line: string): string {
  if (!/nan|inf/i.test(line)) return line;
  return line.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:nan|inf(?:inity)?)\b/gi, (part) =>
    part.startsWith('"') ? part : 'null',
  );
}
