// Scans and extracts with DuckDB alone, within the transformer's memory and threads:
// `node extract-only.ts ROOT`. Ends when done.

import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { openDuckdb, readSql } from '../../lake/duckdb.ts';

const root = process.argv[2]!;
const paths: string[] = [];
for await (const path of glob(join(root, 'raw/**/part_*.jsonl'))) paths.push(path);
const session = await openDuckdb({
  path: ':memory:',
  memoryLimit: '512MB',
  threads: 2,
  spillDir: join(root, 'state/spill'),
});
await session.setOption('preserve_insertion_order', 'false');
await session.setVariable('part_paths', paths.sort());
await session.all(readSql(new URL('../extract-only.sql', import.meta.url).pathname));
session.close();
