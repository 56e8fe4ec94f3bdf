import { mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import { tradeLine, us } from '../../tests/raw-lines.ts';
import { makeScratchLake } from '../../tests/scratch-lake.ts';
import { type Asker, openAsker } from './asker.ts';
import type { Format } from './format.ts';
import { type LakeSession, openLakeSession } from './lake-session.ts';
import { type LiveRefresh, openLiveRefresh } from './live-refresh.ts';
import { QueryStopped } from './stoppable.ts';

/** What was written to it, as a terminal of that width where one is given. */
class Screen extends Writable {
  text = '';
  isTTY = false;
  columns = 80;
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const never = new AbortController().signal;
const screen = new Screen();
const told: string[] = [];
let root: string;
let folder: string;
let session: LakeSession;
let live: LiveRefresh;
let asker: Asker;

function openOn(lakeRoot: string) {
  const config = parseConfig(`root: ${lakeRoot}`, {});
  live = openLiveRefresh(config, silentLog, (text) => told.push(text));
  return openAsker({ config, live, output: screen, bar: screen });
}

beforeAll(async () => {
  const lake = await makeScratchLake();
  root = lake.root;
  folder = await mkdtemp(join(tmpdir(), 'answers-'));
  const at = us('2026-03-01T10:00:58Z');
  await lake.writePart('2026-03-01', 1, [
    tradeLine({ id: 1, us: at, price: '10', quantity: '0.1' }),
    tradeLine({ id: 2, us: at + 3e6, price: '12', quantity: '0.2', maker: true }),
  ]);
  await lake.transform();
  await lake.writePart('2026-03-01', 2, [tradeLine({ id: 3, us: at + 5e6 })]);
  asker = openOn(root);
  session = await openLakeSession(parseConfig(`root: ${root}`, {}));
});

beforeEach(() => {
  screen.text = '';
  screen.isTTY = false;
  told.length = 0;
});

afterAll(() => {
  session.close();
  live.close();
});

async function ask(sql: string, format: Format = 'table'): Promise<string> {
  screen.text = '';
  await asker.ask(session, sql, format, never);
  return screen.text;
}

const write = (sql: string, name: string, format?: Format) =>
  asker.write(sql, join(folder, name), format, never);

describe('on the screen', () => {
  it('is a table, with the times in UTC and the rows counted', async () => {
    const sql = 'SELECT trade_time, price, quantity FROM trades ORDER BY ALL';
    expect(await ask(sql)).toBe(
      [
        'trade_time              price  quantity',
        '----------------------  -----  --------',
        '2026-03-01 10:00:58+00     10       0.1',
        '2026-03-01 10:01:01+00     12       0.2',
        '(2 rows)',
        '',
      ].join('\n'),
    );
  });

  it('shows the first rows, says how many there are, and fits the terminal', async () => {
    screen.isTTY = true;
    const text = await ask("SELECT range, repeat('x', 300) AS x FROM range(1234567)");
    expect(text).toMatch(
      /\n +99 {2}x+…\n\(the first 100 of 1,234,567 rows; all of them with --out FILE\)\n$/,
    );
    const widest = Math.max(...text.split('\n').map((line) => line.length));
    expect(widest).toBe(80);
  });

  it('answers every statement of a script in order, and shows a plan as text', async () => {
    expect(await ask('SELECT 1 AS a; SELECT 2 AS b', 'csv')).toBe('a\n1\nb\n2\n');
    expect(await ask('EXPLAIN SELECT 42')).toContain('PROJECTION');
    expect(await ask("PRAGMA table_info('trades')")).toContain('trade_id');
  });

  it('rolls seconds up as the exchange does: open is the first trade inside, sums are exact', async () => {
    const sql =
      'SELECT open, close, volume_base, volume_quote, seconds, complete FROM bars_1m ORDER BY window_start';
    expect(JSON.parse(await ask(sql, 'json'))).toEqual([
      { open: 10, close: 10, volume_base: 0.1, volume_quote: 1, seconds: 2, complete: false },
      { open: 12, close: 12, volume_base: 0.2, volume_quote: 2.4, seconds: 2, complete: false },
    ]);
  });

  it('brings live views up to date first, and no others', async () => {
    expect(await ask('SELECT max(trade_id) AS last FROM trades', 'csv')).toBe('last\n2\n');
    expect(await readdir(join(root, 'state/live'))).toEqual(['none']);
    expect(await ask('SELECT max(trade_id) AS last FROM TRADES_LIVE', 'csv')).toBe('last\n3\n');
    expect(told).toEqual([]);
  });
});

const odd = `SELECT 1 AS a, 'x,"y"\n' AS "b,c", NULL AS d, '' AS e, 0.1::DOUBLE AS f, 'nan'::DOUBLE AS g,
  9007199254740993 AS h, [1.5, NULL] AS i, {'k': 'NaN "inf'} AS j, TIMESTAMPTZ '2026-03-01 00:00:00.000001Z' AS t`;

describe('formats', () => {
  it('CSV keeps commas, quotes and line ends, and tells an empty text from NULL', async () => {
    expect(await ask(odd, 'csv')).toBe(
      'a,"b,c",d,e,f,g,h,i,j,t\n1,"x,""y""\n",,"",0.1,nan,9007199254740993,"[1.5, NULL]",' +
        '"{\'k\': \'NaN ""inf\'}",2026-03-01 00:00:00.000001+00\n',
    );
  });

  it('JSON is JSON: 64 bits are kept, and what is no number is null', async () => {
    const text = await ask(odd, 'json');
    expect(text).toContain('"h":9007199254740993');
    expect(JSON.parse(text)).toMatchObject([
      {
        a: 1,
        'b,c': 'x,"y"\n',
        d: null,
        e: '',
        f: 0.1,
        g: null,
        i: [1.5, null],
        j: { k: 'NaN "inf' },
      },
    ]);
    expect(JSON.parse(await ask('SELECT 1 WHERE false', 'json'))).toEqual([]);
  });

  it('the same rows come in each, in order, over many batches', async () => {
    const sql = `SELECT range AS id, 'b' || range AS name, range / 7 AS x FROM range(5000) ORDER BY id DESC`;
    const json = JSON.parse(await ask(sql, 'json'));
    expect(json).toHaveLength(5000);
    expect(json[0]).toEqual({ id: 4999, name: 'b4999', x: 4999 / 7 });
    const lines = (await ask(sql, 'ndjson')).trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(json);
    const csv = (await ask(sql, 'csv')).trimEnd().split('\n').slice(1);
    expect(
      csv
        .map((line) => line.split(','))
        .map(([id, name, x]) => ({ id: Number(id), name, x: Number(x) })),
    ).toEqual(json);
    const path = join(root, 'trades', 'answer.parquet');
    // Read back through the lake itself.
    await write(sql, 'answer.parquet');
    await writeFile(path, await readFile(join(folder, 'answer.parquet')));
    expect(JSON.parse(await ask(`FROM '${path}'`, 'json'))).toEqual(json);
  });
});

describe('into a file', () => {
  it('goes by its ending, and says what was written and what was replaced', async () => {
    expect(await write('FROM trades SELECT trade_id', 'a.ndjson')).toMatch(
      /a.ndjson: 2 rows, 30 bytes$/,
    );
    expect(await readFile(join(folder, 'a.ndjson'), 'utf8')).toBe(
      '{"trade_id":1}\n{"trade_id":2}\n',
    );
    expect(await write('SELECT 1 AS x', 'a.ndjson', 'csv')).toContain(
      '1 row, 4 bytes, in place of',
    );
    expect(await readFile(join(folder, 'a.ndjson'), 'utf8')).toBe('x\n1\n');
    await expect(write('SELECT 1', 'a.xlsx')).rejects.toThrow('its ending tells no format');
    await expect(write('SELECT 1; SELECT 2', 'a.csv')).rejects.toThrow('here are 2 queries');
    await expect(write('EXPLAIN SELECT 1', 'a.csv')).rejects.toThrow(
      'that of EXPLAIN is for the screen',
    );
  });

  it.each(['csv', 'ndjson', 'parquet'] as const)(
    'keeps nothing of %s where the answer breaks off, and the file that was there',
    async (format) => {
      await writeFile(join(folder, `kept.${format}`), 'before');
      const before = await readdir(folder);
      // The first rows are out before the bad one is reached.
      const sql = `SELECT if(range = 300000, error('bad row'), range) AS x FROM range(400000)`;
      await expect(write(sql, `kept.${format}`)).rejects.toThrow('bad row');
      expect(await readdir(folder)).toEqual(before);
      expect(await readFile(join(folder, `kept.${format}`), 'utf8')).toBe('before');
    },
  );

  it('says on the screen, too, that an answer broke off and why', async () => {
    const sql = `SELECT if(range = 300000, error('bad row'), range) AS x FROM range(400000)`;
    await expect(ask(sql, 'csv')).rejects.toThrow('run query: Invalid Input Error: bad row');
  });

  it('never is one of the lake, nor anything but a plain file', async () => {
    const inLake = (name: string) => asker.write('SELECT 1 AS x', join(root, name), 'csv', never);
    await expect(inLake('raw/binance/x.csv')).rejects.toThrow('raw belongs to the lake');
    await expect(inLake('state/new.csv')).rejects.toThrow('state belongs to the lake');
    await expect(inLake('lake.duckdb')).rejects.toThrow('it is there already, inside the lake');
    expect(await inLake('new.csv')).toContain('1 row');
    await expect(inLake('new.csv')).rejects.toThrow('it is there already, inside the lake');
    await symlink(join(root, 'raw'), join(folder, 'link'));
    await expect(write('SELECT 1', 'link/x.csv')).rejects.toThrow('raw belongs to the lake');
    await symlink(join(root, 'lake.duckdb'), join(folder, 'link.csv'));
    await expect(write('SELECT 1', 'link.csv')).rejects.toThrow('it is there already, inside');
    await expect(write('SELECT 1', 'missing/x.csv')).rejects.toThrow(
      /its folder is not there\n.*mkdir -p/,
    );
    await mkdir(join(folder, 'folder.csv'));
    await expect(write('SELECT 1', 'folder.csv')).rejects.toThrow('it is a folder');
    await expect(asker.write('SELECT 1', '/dev/null', 'csv', never)).rejects.toThrow(
      'no plain file',
    );
  });
});

describe('stopped', () => {
  const endless =
    'SELECT count(*) FROM range(1000000) a, range(10000000) b WHERE (a.range + b.range) % 7 = 3';
  const recursive =
    'WITH RECURSIVE t AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM t) SELECT x FROM t';
  it.each([endless, recursive, 'SELECT pg_sleep(600)'])('ends at once: %s', async (sql) => {
    const stop = new AbortController();
    const asked = asker.ask(session, sql, 'csv', stop.signal);
    setImmediate(() => stop.abort());
    await expect(asked).rejects.toThrow(QueryStopped);
    expect(await ask('SELECT 1 AS x', 'csv')).toBe('x\n1\n');
  });

  it('leaves no part of a file', async () => {
    const before = await readdir(folder);
    const stop = new AbortController();
    const asked = asker.write(
      'SELECT range AS x FROM range(1000000000000)',
      join(folder, 'n.csv'),
      'csv',
      stop.signal,
    );
    setTimeout(() => stop.abort(), 300);
    await expect(asked).rejects.toThrow(QueryStopped);
    expect(await readdir(folder)).toEqual(before);
  });

  it('is no failure by a reader that has seen enough', async () => {
    const output = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('gone'), { code: 'EPIPE' })),
    });
    output.on('error', () => {});
    const config = parseConfig(`root: ${root}`, {});
    const other = openAsker({ config, live, output, bar: screen });
    await other.ask(session, 'FROM range(10000000)', 'csv', never);
  });
});

describe('a query that fails', () => {
  it.each([
    [
      'SELEC 1',
      'run query: Parser Error: syntax error at or near "SELEC"\n\nLINE 1: SELEC 1\n        ^',
    ],
    ['SELECT 1;\nSELECT prize FROM trades', 'Candidate bindings: "price"'],
    ['SELECT 1;\nSELECT prize FROM trades', 'LINE 2: SELECT prize'],
    [
      'WITH a AS (FROM trades) SELECT * FROM bars_2m JOIN a USING (symbol)',
      'there is no bars_2m; the lake has about, bars_15m, ',
    ],
    [' ;-- nothing', 'run query: it is empty'],
  ])('is told of in words that help: %s', async (sql, words) => {
    const thrown = await ask(sql).catch((error) => error);
    expect(thrown.message).toContain(words);
  });

  it('has no memory and no disk without end', async () => {
    const config = parseConfig(`root: ${root}\ntransformer: { memory_limit: 100MB }`, {});
    const small = await openLakeSession(config, { maxSpillBytes: 20e6 });
    const sql = 'SELECT list(range) FROM range(30000000)';
    await expect(asker.ask(small, sql, 'csv', never)).rejects.toThrow('Out of Memory');
    const limit = "SELECT current_setting('max_temp_directory_size') AS x";
    await asker.ask(small, limit, 'csv', never);
    expect(screen.text).toContain('x\n19.0 MiB\n');
    small.close();
  });
});

describe('a lake', () => {
  it('that is empty has empty views', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'lake-'));
    const its = await openLakeSession(parseConfig(`root: ${empty}`, {}));
    await openOn(empty).ask(its, 'SELECT count(*) AS n FROM bars_1h', 'csv', never);
    its.close();
    expect(screen.text).toBe('n\n0\n');
  });

  it('that is not there is named', async () => {
    const opened = openLakeSession(parseConfig(`root: ${root}/missing`, {}));
    await expect(opened).rejects.toThrow('name the lake with --root DIR');
  });
});
