// In which form rows are answered: by the parameter `format`, else by the header Accept. Holds no effects.

import { type Format, formats } from './question.ts';

const mediaTypes: Record<Format, string> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  arrow: 'application/vnd.apache.arrow.stream',
  parquet: 'application/vnd.apache.parquet',
};

export function chooseFormat(given: unknown, accept = ''): Format {
  const named = formats.find((format) => format === given);
  if (named !== undefined) return named;
  // In the client's order: who asks for one of these by name asks for it first.
  for (const range of accept.split(',')) {
    const wanted = range.split(';', 1)[0]!.trim().toLowerCase();
    const found = formats.find((format) => mediaTypes[format].split(';', 1)[0] === wanted);
    if (found !== undefined) return found;
  }
  return 'json';
}

export function toMediaType(format: Format): string {
  return mediaTypes[format];
}
