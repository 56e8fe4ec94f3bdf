import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { tradeLine, us } from '../../tests/raw-lines.ts';
import { makeScratchLake } from '../../tests/scratch-lake.ts';
import { type LakeSession, openLakeSession } from './lake-session.ts';
import { prepareReads } from './reads.ts';

let root: string;
let session: LakeSession;

beforeAll(async () => {
  const lake = await makeScratchLake();
  root = lake.root;
  const at = us('2026-03-01T10:00:58Z');
  await lake.writePart('2026-03-01', 1, [
    tradeLine({ id: 1, us: at, price: '10', quantity: '0.1' }),
    tradeLine({ id: 2, us: at + 3e6, price: '12', quantity: '0.2', maker: true }),
  ]);
  await lake.transform();
  await mkdir(join(root, 'private'));
  await writeFile(join(root, 'private/secret.csv'), 'a,b\nsecret,1\n');
  await symlink('../private/secret.csv', join(root, 'trades/link.csv'));
  await symlink('../private', join(root, 'trades/away'));
  session = await openLakeSession(parseConfig(`root: ${root}`, {}));
});

afterAll(() => session.close());

/** Rows of all statements, each run to its end. */
async function ask(sql: string) {
  const answers = [];
  for (const { prepared } of await prepareReads(session, sql)) {
    answers.push((await prepared.runAndReadAll()).getRowsJson());
  }
  return answers;
}

const data = () => join(root, 'trades');

describe('what only reads is run', () => {
  it.each([
    'SELECT count(*) FROM trades',
    'FROM trades',
    '(SELECT 1)',
    'WITH a AS (FROM trades) SELECT * FROM a',
    'WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t WHERE x < 9) FROM t',
    'VALUES (1)',
    'TABLE trades',
    'SHOW TABLES',
    'DESCRIBE trades',
    'DESCRIBE SELECT 1',
    'SUMMARIZE trades',
    "PRAGMA table_info('trades')",
    'EXPLAIN SELECT 1',
    'EXPLAIN (SELECT 1)',
    'EXPLAIN ANALYZE SELECT 1',
    'explain (analyze, format json) from trades',
    "PIVOT trades ON symbol IN ('BTCUSDT') USING sum(price)",
    'SELECT * FROM trades, LATERAL (SELECT unnest(range(trade_id)))',
    "SELECT 'it''s; -- \"x\" \\ \n', $$ ; $$, $q$ ' $q$, E'\\';' -- ; end\n",
    "-- first\n/* /* ; */ */ FROM query('FROM trades')",
    "FROM query_table('trades')",
    "SELECT getvariable('x')",
    "FROM sql_auto_complete('SEL')",
    'SELECT $1 IS NULL',
  ])('%s', async (sql) => {
    const [statement, ...others] = await prepareReads(session, sql);
    expect(others).toEqual([]);
    expect(statement!.sql.length).toBeGreaterThan(0);
  });

  it('gives every statement of a script, and each with its own rows', async () => {
    expect(await ask("SELECT 1; ;\n-- nothing\nSELECT ';' AS x;SELECT 3 /* ; */")).toEqual([
      [[1]],
      [[';']],
      [[3]],
    ]);
    expect(await prepareReads(session, ' ; -- nothing\n')).toEqual([]);
  });

  it('counts the lines of an error from the beginning of the script', async () => {
    await expect(prepareReads(session, 'SELECT 1;\n\nSELECT nothing')).rejects.toThrow('LINE 3:');
  });

  it('runs none of a script of which one statement does more', async () => {
    await expect(ask('SELECT 1; DROP VIEW trades')).rejects.toThrow('DROP is refused');
  });
});

describe('refused, saying what to do instead', () => {
  it.each([
    [`COPY trades TO '{data}/x.csv'`, 'COPY is refused', '--out FILE'],
    [`/* /* */ SELECT 1; -- */ COPY trades TO '{data}/x.csv'`, 'COPY is refused', '--out'],
    [`EXPLAIN EXPORT DATABASE '{data}/x'`, 'syntax error', ''],
    [`WITH x AS (SELECT 1) INSERT INTO trades SELECT * FROM x`, '', ''],
    [`EXPLAIN ANALYZE COPY trades TO '{data}/x.csv'`, 'COPY is refused', ''],
    [`EXPLAIN /* SELECT */ ANALYZE COPY trades TO '{data}/x.csv'`, 'this statement is refused', ''],
    [`EXPLAIN (ANALYZE, FORMAT json) COPY trades TO '{data}/x.csv'`, 'COPY is refused', ''],
    [`EXPLAIN EXPLAIN SELECT 1`, 'syntax error', ''],
    [`SELECT 1; COPY trades TO '{data}/x.csv'`, 'COPY is refused', '--out FILE'],
    [`EXPORT DATABASE '{data}/x'`, 'EXPORT is refused', '--out FILE'],
    [`ATTACH '{data}/x.duckdb' AS x`, 'ATTACH is refused', 'data of the lake'],
    ['DETACH lake', 'DETACH is refused', 'data of the lake'],
    ['INSTALL httpfs', 'INSTALL is refused', 'data of the lake'],
    ["LOAD '/tmp/x.duckdb_extension'", 'LOAD is refused', 'data of the lake'],
    ['SET threads = 64', 'SET is refused', 'configuration'],
    ['RESET memory_limit', 'RESET is refused', 'configuration'],
    ['SET VARIABLE x = 1', 'SET is refused', 'configuration'],
    ['USE memory', 'USE is refused', 'configuration'],
    ['PRAGMA threads = 64', 'PRAGMA is refused', 'configuration'],
    ['PRAGMA enable_profiling', 'PRAGMA is refused', 'configuration'],
    [`PRAGMA json_execute_serialized_sql('x')`, '', ''],
    ['CREATE TABLE x AS SELECT 1', 'CREATE is refused', 'WITH name AS'],
    ['CREATE TEMP TABLE x AS SELECT 1', 'CREATE is refused', 'WITH name AS'],
    ['CREATE TEMP MACRO x() AS 1', 'CREATE is refused', 'WITH name AS'],
    ['CREATE SECRET x (TYPE http)', 'CREATE is refused', 'WITH name AS'],
    ['DROP VIEW trades', 'DROP is refused', 'only read'],
    ["COMMENT ON VIEW trades IS 'x'", 'COMMENT is refused', 'only read'],
    ['PREPARE x AS SELECT 1', 'PREPARE is refused', 'the query itself'],
    ['BEGIN', 'BEGIN is refused', 'no transaction'],
    ['VACUUM', 'VACUUM is refused', 'only read'],
    ['CHECKPOINT', 'CHECKPOINT is refused', ''],
    ["CALL enable_logging('QueryLog')", 'CALL is refused', 'FROM function'],
    ['PIVOT trades ON symbol USING sum(price)', 'PIVOT is refused', 'IN (…)'],
    ['FROM checkpoint()', 'checkpoint(…) is refused', 'only read'],
    ["FROM enable_logging(storage='file', storage_path='{data}/')", 'enable_logging(…)', ''],
    ["FROM system.main.enable_logging(level='debug')", 'enable_logging(…) is refused', ''],
    ["FROM query('FROM enable_logging()')", 'enable_logging(…) is refused', ''],
    ['SUMMARIZE FROM enable_logging()', 'enable_logging(…) is refused', ''],
    ['EXPLAIN ANALYZE FROM enable_logging()', 'enable_logging(…) is refused', ''],
    ['FROM enable_logging() WHERE $1', 'enable_logging(…) is refused', ''],
    ["FROM enable_logging() WHERE now() > '2100-01-01'", 'enable_logging(…) is refused', ''],
    ['SELECT (FROM enable_logging()) FROM trades', 'enable_logging(…) is refused', ''],
    ['FROM trades WHERE EXISTS (FROM truncate_duckdb_logs())', 'truncate_duckdb_logs(…)', ''],
    ["FROM enable_profiling(save_location='{data}/x')", 'enable_profiling(…) is refused', ''],
    [
      `FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))`,
      'json_execute',
      '',
    ],
    ['FROM arrow_scan(1::UBIGINT::POINTER, 2::UBIGINT::POINTER, 3::UBIGINT::POINTER)', '', ''],
  ])('%s', async (sql, what, hint) => {
    const before = await readdir(data());
    const thrown = await ask(sql.replaceAll('{data}', data())).catch((error) => error);
    expect(thrown).toBeInstanceOf(Error);
    expect(thrown.message).toContain(what);
    expect(thrown.message).toContain(hint);
    expect(await readdir(data())).toEqual(before);
  });
});

describe('out of the lake leads no way', () => {
  const denied = 'file system operations are disabled by configuration';
  it.each([
    "FROM read_csv('/etc/passwd')",
    "FROM '/etc/passwd.csv'",
    "FROM read_text('/proc/self/environ')",
    "FROM read_blob('/etc/shadow')",
    "FROM read_text('{data}/../private/secret.csv')",
    "FROM read_text('{data}//../private/secret.csv')",
    "FROM read_text('{data}/link.csv')",
    "FROM read_text('{data}/away/secret.csv')",
    "FROM read_text('{data}/away/../../private/secret.csv')",
    "FROM read_text('file:{root}/private/secret.csv')",
    "FROM read_text('file://{data}/../private/secret.csv')",
    "FROM read_text('http://127.0.0.1:1/')",
    "FROM read_parquet('s3://bucket/x.parquet')",
    "FROM glob('/etc/*')",
    "FROM glob('{data}/../*')",
    "FROM sniff_csv('/etc/passwd')",
    "FROM parquet_metadata('/etc/passwd')",
    "FROM query('FROM read_text(''/etc/passwd'')')",
    "FROM query_table('/etc/passwd.csv')",
    "FROM read_csv('/dev/stdin')",
  ])('%s', async (sql) => {
    const asked = ask(sql.replaceAll('{data}', data()).replaceAll('{root}', root));
    await expect(asked).rejects.toThrow(denied);
  });

  it('neither by a file of SQL: a database is not imported', async () => {
    await expect(ask("IMPORT DATABASE '/tmp'")).rejects.toThrow();
  });

  it('but raw lines and Parquet files of the lake can be read by name', async () => {
    const [[[raw]]] = (await ask(
      `SELECT count(*)::INT FROM read_text('${root}/raw/**/*.jsonl')`,
    )) as [[[number]]];
    expect(raw).toBe(1);
    const files = await ask(`SELECT count(*)::INT FROM read_parquet('${data()}/**/*.parquet')`);
    expect(files).toEqual([[[2]]]);
  });
});
