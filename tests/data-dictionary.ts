// The data dictionary, `docs/data-dictionary.md`: what the catalog's own comments say, as a page to read.
// `npm run docs` writes it; a test keeps it equal.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDuckdb, type Row } from '../lake/duckdb.ts';
import { catalogPath } from '../lake/layout.ts';
import { writeCatalog } from '../transformer/catalog.ts';

export const dictionaryPath = join(import.meta.dirname, '../docs/data-dictionary.md');

const head = `# Data dictionary

What \`lake.duckdb\` holds: views and macros, for DuckDB 1.1 and later. Made from the catalog's own comments by \`npm run docs\`;
in SQL they are in \`duckdb_views()\`, \`duckdb_columns()\` and \`duckdb_functions()\`. All times and days are UTC.
`;

/** The rows of the dictionary, of the catalog of an empty lake. */
export async function readDictionary(): Promise<Row[]> {
  const root = await mkdtemp(join(tmpdir(), 'lake-docs-'));
  try {
    await writeCatalog({ root });
    const spillDir = join(root, 'state/spill');
    const limits = { memoryLimit: '200MB', threads: 1, spillDir };
    const session = await openDuckdb({ path: catalogPath(root), ...limits, readOnly: true });
    const sql = readFileSync(join(import.meta.dirname, 'data-dictionary.sql'), 'utf8');
    return await session.all(sql).finally(() => session.close());
  } finally {
    await rm(root, { recursive: true });
  }
}

export function formatDictionary(rows: readonly Row[]): string {
  const views = Map.groupBy(
    rows.filter(({ kind }) => kind === 'view'),
    ({ name }) => String(name),
  );
  const macros = rows.filter(({ kind }) => kind === 'table_macro');
  const scalars = rows.filter(({ kind }) => kind === 'macro');
  return [
    head,
    '## Views\n',
    ...[...views].flatMap(([name, columns]) => formatView(name, columns)),
    '## Macros that give rows\n',
    ...macros.flatMap(formatMacro),
    '## Macros that give a value\n',
    ...scalars.flatMap(formatMacro),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function formatView(name: string, columns: readonly Row[]): string[] {
  return [
    `### ${name}\n`,
    `${columns[0]!.about}.\n`,
    '| column | type | meaning |',
    '| --- | --- | --- |',
    ...columns.map(
      (column) => `| ${column.column_name} | ${column.data_type} | ${column.column_about} |`,
    ),
    '',
  ];
}

function formatMacro({ name, parameters, about }: Row): string[] {
  const [text, example] = String(about).split(' Example: ');
  return [`### ${name}(${parameters})\n`, `${text}\n`, '```sql', example!, '```\n'];
}
