// Statements as the reader starts them: the library's own with variables, which DuckDB knows while it plans and so reads
// only the files of; and those of a caller, which are let through when they read.

import type { DuckDBConnection } from '@duckdb/node-api';
import { bindMoment, type SqlValue, setVariable } from '../lake/duckdb.ts';
import { OperationalError } from '../lake/errors.ts';
import type { LakeSession } from '../tools/query/lake-session.ts';
import { prepareReads } from '../tools/query/reads.ts';
import type { Ask } from './reader.ts';
import type { SqlParameter, SqlParameters } from './rows.ts';

/** A statement of ours. */
export function askOwn(sql: string, variables: Readonly<Record<string, SqlValue>> = {}): Ask {
  return async (connection) => {
    for (const [name, value] of Object.entries(variables)) {
      await setVariable(connection, name, value);
    }
    return connection.stream(sql);
  };
}

/** A caller's statement. Throws OperationalError where it is not one, or does more than read. */
export function askCaller(session: LakeSession, sql: string, parameters: SqlParameters): Ask {
  return async (connection: DuckDBConnection) => {
    const statements = await prepareReads({ ...session, connection }, sql);
    const [statement] = statements;
    if (statement === undefined || statements.length > 1) {
      throw new OperationalError(`run query: it holds ${statements.length} statements`, {
        hint: 'ask for one at a time',
      });
    }
    statement.prepared.bind(bindParameters(parameters));
    return statement.prepared.stream();
  };
}

function bindParameters(parameters: SqlParameters) {
  if (Array.isArray(parameters)) return parameters.map(bindParameter);
  const entries = Object.entries(parameters as Readonly<Record<string, SqlParameter>>);
  return Object.fromEntries(entries.map(([name, value]) => [name, bindParameter(value)]));
}

function bindParameter(value: SqlParameter) {
  return value instanceof Date ? bindMoment(value) : value;
}
