// What can be asked for in SQL: the views of the catalog with their columns, and its macros.

import { join } from 'node:path';
import { readSql } from '../../../lake/duckdb.ts';
import { type DataContext, toBody } from './data-context.ts';
import { toObjects } from './json-rows.ts';

const readOwn = (name: string) => readSql(join(import.meta.dirname, '..', 'sql', `${name}.sql`));
const columnsSql = readOwn('schema-columns');
const macrosSql = readOwn('schema-macros');

export async function answerSchema({ reader }: DataContext) {
  const rows = toObjects(await reader.query(columnsSql));
  const views = Map.groupBy(rows, ({ view }) => view);
  return toBody({
    views: [...views].map(([name, columns]) => ({
      name,
      comment: columns[0]!.view_comment,
      columns: columns.map(({ name, type, comment }) => ({ name, type, comment })),
    })),
    macros: toObjects(await reader.query(macrosSql)),
  });
}
