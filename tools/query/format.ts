// The forms an answer can have, by the options given or by the ending of the file it goes to. Holds no effects.

import { extname } from 'node:path';
import { UsageError } from '../../lake/errors.ts';

export const formats = ['table', 'csv', 'json', 'ndjson', 'parquet'] as const;
export type Format = (typeof formats)[number];
export type FileFormat = Exclude<Format, 'table'>;

const endings: Record<string, FileFormat> = {
  '.csv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.parquet': 'parquet',
};

/** Throws UsageError where there is no such format. */
export function parseFormat(name: string): Format {
  const format = formats.find((known) => known === name);
  if (format !== undefined) return format;
  throw new UsageError(`parse format: there is no "${name}"; there are ${formats.join(', ')}`);
}

/** The format of a file: the one asked for, or what its ending says. Throws UsageError where neither tells. */
export function findFileFormat(path: string, asked: Format | undefined): FileFormat {
  if (asked === 'table') {
    throw new UsageError(`write answer ${path}: a table is for the screen; take --format csv`);
  }
  const format = asked ?? endings[extname(path).toLowerCase()];
  if (format !== undefined) return format;
  const known = Object.keys(endings).join(', ');
  throw new UsageError(
    `write answer ${path}: its ending tells no format; it is one of ${known}, or give --format`,
  );
}
