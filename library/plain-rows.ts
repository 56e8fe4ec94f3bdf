// Answers as objects of plain values, under the names the statement gives them.

import { listPlainRows } from '../lake/duckdb.ts';
import type { Answer } from './reader.ts';

/** Of a name that comes twice the second is numbered. Whole numbers are numbers wherever a number holds them exactly. */
export async function* listObjects<Row>(answers: AsyncIterable<Answer>): AsyncGenerator<Row> {
  for await (const { chunk, result } of answers) {
    const names = result.deduplicatedColumnNames();
    for (const values of listPlainRows(chunk)) {
      yield Object.fromEntries(names.map((name, place) => [name, narrow(values[place])])) as Row;
    }
  }
}

function narrow(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (Array.isArray(value)) return value.map(narrow);
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, narrow(child)]));
}
