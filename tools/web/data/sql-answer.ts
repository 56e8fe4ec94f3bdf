// The rows of a person's query, cut after so many, and what kind each column is.

import { join } from 'node:path';
import { readSql } from '../../../lake/duckdb.ts';
import type { LakeSession } from '../../query/lake-session.ts';
import type { ReadStatement } from '../../query/reads.ts';
import { collectRows } from './json-rows.ts';

const atMost = readSql(join(import.meta.dirname, '..', 'sql', 'at-most.sql'));

/** Throws what DuckDB throws. */
export async function answerRows(
  session: LakeSession,
  { sql, answers, prepared }: ReadStatement,
  maxRows: number,
) {
  await session.setVariable('max_rows', maxRows);
  const result =
    answers === 'rows'
      ? await session.connection.run(atMost.replace(':query', () => sql))
      : await prepared.run();
  const { columns, rows, isTruncated } = await collectRows(result, maxRows);
  return { columns, rows, truncated: isTruncated };
}
