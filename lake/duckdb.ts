// A DuckDB session with bounds: memory, threads, a folder to spill to, no extension downloads, UTC.
// SQL comes from `.sql` files; values reach it as variables (`getvariable('name')`), never by pasting.

import { readFileSync } from 'node:fs';
import {
  BIGINT,
  type DuckDBConnection,
  type DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBResult,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  type JS,
  JSDuckDBValueConverter,
  type Json,
  LIST,
  listValue,
  ResultReturnType,
  StatementType,
} from '@duckdb/node-api';
import { OperationalError } from './errors.ts';
import { makeSpillFolder } from './spill-folder.ts';

export type DuckdbOptions = {
  /** Database file, or `:memory:`. */
  path: string;
  /** As DuckDB writes sizes, `512MB`. */
  memoryLimit: string;
  threads: number;
  /** Where DuckDB spills what does not fit into memory, to a folder of the session's own. */
  spillDir: string;
  readOnly?: boolean;
  /** What may be spilled; DuckDB's own limit, nearly the whole disk, where it is not given. */
  maxSpillBytes?: number;
};

/** What a statement does, as DuckDB has read it. */
export const statementTypes: typeof StatementType = StatementType;

export type SqlValue = DuckDBValue | readonly string[] | readonly number[];
export type Row = Record<string, Json>;

export type DuckdbSession = {
  /** Runs one or several statements. */
  run(sql: string): Promise<void>;
  /** The rows of the last statement; 64-bit integers and decimals come as strings. */
  all(sql: string): Promise<Row[]>;
  setVariable(name: string, value: SqlValue): Promise<void>;
  setOption(name: string, value: string): Promise<void>;
  connection: DuckDBConnection;
  /** One more connection, for an answer that is read while other statements run; whoever asks closes it. */
  connect(): Promise<DuckDBConnection>;
  /** A session on the same database with temporary tables and variables of its own, to be closed before this one. */
  branch(): Promise<DuckdbSession>;
  /** Whether a fatal error inside DuckDB has ended the database: it answers nothing any more, on any connection. */
  isLost(): Promise<boolean>;
  close(): void;
};

/** Opens a session. Throws what DuckDB throws. */
export async function openDuckdb(options: DuckdbOptions): Promise<DuckdbSession> {
  const spill = await makeSpillFolder(options.spillDir);
  const instance = await DuckDBInstance.create(options.path, {
    memory_limit: options.memoryLimit,
    threads: String(options.threads),
    temp_directory: spill.path,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // Files here are replaced by rename. DuckDB 1.5.5 then mixes what it holds of the old one with the new one:
    // 1 read in 500 of a file replaced 20 times a second failed (2026-11-21), none without this cache.
    enable_external_file_cache: 'false',
    ...(options.maxSpillBytes === undefined
      ? {}
      : { max_temp_directory_size: `${options.maxSpillBytes}B` }),
    ...(options.readOnly ? { access_mode: 'READ_ONLY' } : {}),
  }).catch((thrown) => {
    spill.remove();
    throw thrown;
  });
  const connection = await instance.connect();
  // The package writes times in the machine's own zone, whatever the session's is.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;
  // Of every connection, and set while options can be.
  await connection.run(`SET GLOBAL TimeZone = 'UTC'`);
  const close = () => {
    connection.closeSync();
    instance.closeSync();
    spill.remove();
  };
  return openSession(instance, connection, close);
}

function openSession(
  instance: DuckDBInstance,
  connection: DuckDBConnection,
  close: () => void,
): DuckdbSession {
  return {
    connection,
    connect: () => instance.connect(),
    async branch() {
      const own = await instance.connect();
      return openSession(instance, own, () => own.closeSync());
    },
    run: async (sql) => void (await connection.run(sql)),
    all: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    setOption: async (name, value) => void (await connection.run(`SET ${name} = ${value}`)),
    setVariable: (name, value) => setVariable(connection, name, value),
    isLost: () => isLost(instance),
    close,
  };
}

/** On a connection of its own, for others may be interrupted, or busy. The package's errors have no kind to tell by. */
async function isLost(instance: DuckDBInstance): Promise<boolean> {
  const connection = await instance.connect();
  try {
    // Any statement does.
    await setVariable(connection, 'is_alive', 1);
    return false;
  } catch {
    return true;
  } finally {
    connection.closeSync();
  }
}

/** A variable is its connection's own. */
export async function setVariable(
  connection: DuckDBConnection,
  name: string,
  value: SqlValue,
): Promise<void> {
  const { bound, type } = bindValue(value);
  await connection.run(`SET VARIABLE ${name} = $1`, [bound], type && [type]);
}

/** Whole numbers become BIGINT whatever their size, so that SQL never computes in 32 bits. */
function bindValue(value: SqlValue): { bound: DuckDBValue; type?: DuckDBType } {
  if (typeof value === 'number') return { bound: BigInt(value), type: BIGINT };
  if (!Array.isArray(value)) return { bound: value as DuckDBValue };
  if (value.some((item) => typeof item === 'string')) return { bound: listValue(value) };
  return { bound: listValue(value.map(BigInt)), type: LIST(BIGINT) };
}

/**
 * The rows of a streamed result. Throws OperationalError where it broke off: a result that fails or is interrupted
 * after its first rows just ends, as if it were whole (duckdb 1.5.5), and only its type tells.
 */
export async function* readChunks(result: DuckDBResult): AsyncGenerator<DuckDBDataChunk> {
  for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
    if (chunk.rowCount === 0) break;
    yield chunk;
  }
  if (result.returnType !== ResultReturnType.INVALID) return;
  throw new OperationalError('read answer: it broke off before its end');
}

/** A chunk as rows of plain JavaScript: moments and days as Date, 64-bit integers as bigint, decimals as number. */
export function listPlainRows(chunk: DuckDBDataChunk): JS[][] {
  return chunk.convertRows(JSDuckDBValueConverter) as JS[][];
}

/** A Date as a TIMESTAMPTZ parameter: the moment it is, whatever the zone of this process. */
export function bindMoment(value: Date): DuckDBValue {
  return new DuckDBTimestampTZValue(BigInt(value.getTime()) * 1000n);
}

/** The text of a `.sql` file. */
export function readSql(url: URL | string): string {
  return readFileSync(url, 'utf8');
}
