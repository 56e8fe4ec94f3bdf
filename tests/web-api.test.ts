// The API against a real lake: what it answers is what SQL answers, whatever the format, and what is wrong is said.

import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Validator } from '@seriousme/openapi-schema-validator';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerSchemas } from '../tools/web/answer-schemas.ts';
import { day, history, openServedLake, type ServedLake } from './web-lake.ts';

type Bars = { bars: Record<string, number | string | boolean | null>[] };

let lake: ServedLake;
beforeAll(async () => {
  lake = await openServedLake();
  await lake.writeOpenSeconds(history.seconds, 30);
});
afterAll(() => lake.close());

describe('bars', () => {
  it('are those of SQL, from partitions to the part being written', async () => {
    // SQL waits longer for the tail than a chart does: here for the first look at it.
    await lake.postSql('SELECT count(*) FROM bars_live');
    const { bars } = await lake.getJson<Bars>('/api/bars?symbol=BTCUSDT&interval=1s&limit=10000');
    const gap = history.gap.to - history.gap.from;
    expect(bars.length).toBe(history.seconds + 30 - gap);
    const answer = await lake.postSql(
      'SELECT * EXCLUDE (exchange, symbol, day), 1 AS seconds FROM bars_live ORDER BY window_start',
    );
    const { columns, rows } = (await answer.json()) as {
      columns: { name: string }[];
      rows: unknown[][];
    };
    expect(bars.map((bar) => Object.values(bar))).toEqual(rows);
    expect(Object.keys(bars[0]!)).toEqual(columns.map(({ name }) => name));
  });

  it('without from are the last before to, ascending, across what is missing', async () => {
    const { bars } = await lake.getJson<Bars>(
      `/api/bars?symbol=BTCUSDT&interval=1s&limit=3&to=${day}T10:05:21Z`,
    );
    expect(bars.map(({ window_start }) => window_start)).toEqual([
      `${day}T10:04:58.000000Z`,
      `${day}T10:04:59.000000Z`,
      `${day}T10:05:20.000000Z`,
    ]);
  });

  it('of an hour are made of those of seconds', async () => {
    const { bars } = await lake.getJson<Bars>('/api/bars?symbol=BTCUSDT&interval=1h');
    expect(bars).toMatchObject([
      { window_start: `${day}T10:00:00.000000Z`, trade_count: 610, seconds: 610, complete: false },
    ]);
  });
});

describe('a file', () => {
  // The last seconds of the partition are made anew by the tail.
  const range = `symbol=BTCUSDT&interval=1s&from=${day}T10:00:00Z&to=${day}T10:09:50Z`;

  it.each(['bars?interval=1s&', 'trades?'])(
    'of the last rows of /api/%s… has those of JSON',
    async (path) => {
      const asked = `/api/${path}symbol=BTCUSDT&limit=30&to=${day}T10:05:25Z`;
      const [name] = path.split('?', 1);
      const { [name!]: rows = [] } =
        await lake.getJson<Record<string, Record<string, unknown>[]>>(asked);
      const table = tableFromIPC(await (await lake.get(`${asked}&format=arrow`)).bytes());
      const key = name === 'bars' ? 'open' : 'trade_id';
      expect(rows.length).toBe(30);
      expect([...table].map((row) => Number(row[key]))).toEqual(rows.map((row) => row[key]));
    },
  );

  it.each(['csv', 'parquet'])('of %s holds what SQL answers', async (format) => {
    const answer = await lake.get(`/api/bars?${range}&format=${format}&download=1`);
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="BTCUSDT_1s_20260301T100000Z_20260301T100950Z.${format}"`,
    );
    const path = join(lake.root, `answer.${format}`);
    await writeFile(path, Buffer.from(await answer.arrayBuffer()));
    const stored = await lake.query(
      'SELECT *, 1 AS seconds FROM bars ORDER BY window_start LIMIT 570',
    );
    const read = await lake.query(`SELECT * EXCLUDE (day) FROM '${path}' ORDER BY window_start`);
    expect(read.length).toBe(570);
    expect(read.map(({ close, bid, window_start }) => [close, bid, window_start])).toEqual(
      stored.map(({ close, bid, window_start }) => [close, bid, window_start]),
    );
    if (format === 'parquet') expect(read).toEqual(stored);
  });

  it('of Arrow holds the same rows, nulls and types', async () => {
    const answer = await lake.get(`/api/bars?${range}`, {
      headers: { accept: 'application/vnd.apache.arrow.stream' },
    });
    const table = tableFromIPC(new Uint8Array(await answer.arrayBuffer()));
    const { bars } = await lake.getJson<Bars>(`/api/bars?${range}&limit=10000`);
    expect(table.numRows).toBe(bars.length);
    for (const name of ['close', 'vwap', 'bid', 'complete', 'provenance', 'trade_count']) {
      const column = [...table.getChild(name)!];
      expect([name, column]).toEqual([name, bars.map((bar) => bar[name])]);
    }
    const ids = [...table.getChild('last_trade_id')!].map((id) =>
      id === null ? null : Number(id),
    );
    expect(ids).toEqual(bars.map((bar) => bar.last_trade_id));
    expect(String(table.schema.fields.find(({ name }) => name === 'window_start')!.type)).toBe(
      'Timestamp<MICROSECOND, UTC>',
    );
  });

  it('is not left behind', async () => {
    const names = await readdir(join(lake.root, 'state/tmp/web'));
    expect(names.filter((name) => !name.endsWith('.json'))).toEqual([]);
  });
});

describe('other answers', () => {
  it('tell symbols, quality, gaps, trades and the latest', async () => {
    expect(await lake.getJson('/api/symbols')).toEqual({
      symbols: [
        {
          exchange: 'binance',
          symbol: 'BTCUSDT',
          first_day: day,
          last_day: day,
          is_live: false,
          price_decimals: 2,
        },
      ],
    });
    expect(await lake.getJson('/api/quality?symbol=BTCUSDT')).toMatchObject({
      days: [{ symbol: 'BTCUSDT', day, seconds_missing: 20 }],
    });
    expect(await lake.getJson('/api/gaps?symbol=BTCUSDT')).toMatchObject({
      gaps: [
        {
          kind: 'seconds',
          from_time: `${day}T10:05:00.000000Z`,
          to_time: `${day}T10:05:20.000000Z`,
        },
        {
          kind: 'trades',
          from_time: `${day}T10:04:59.000000Z`,
          to_time: `${day}T10:05:21.000000Z`,
          first_trade_id: 1300,
          last_trade_id: 1319,
        },
      ],
    });
    expect(await lake.getJson('/api/trades?symbol=BTCUSDT&limit=1')).toMatchObject({
      trades: [{ trade_id: 1629, trade_time: `${day}T10:10:29.500000Z` }],
    });
    expect(await lake.getJson('/api/latest?symbol=BTCUSDT')).toMatchObject({
      trade: { trade_id: 1629 },
      quote: { bid: 99.5, ask: 100.5 },
    });
  });

  it('describe what SQL can use', async () => {
    const { views, macros } = await lake.getJson<{
      views: { name: string; columns: object[] }[];
      macros: object[];
    }>('/api/schema');
    const bars = views.find(({ name }) => name === 'bars_live');
    expect(bars!.columns).toContainEqual(
      expect.objectContaining({ name: 'close', type: 'DOUBLE' }),
    );
    expect(macros.length).toBeGreaterThan(0);
  });
});

describe('what is wrong', () => {
  it.each([
    ['/api/bars?interval=1m', 400, 'symbol must be given once'],
    ['/api/bars?symbol=BTCUSDT', 400, 'interval must be one of 1s, 1m'],
    ['/api/bars?symbol=BTCUSDT&interval=2m', 400, 'interval must be one of 1s, 1m'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&symbol=X', 400, 'symbol must be given once'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&form=2026-01-01', 400, 'did you mean from?'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&limit=0', 400, 'from 1 to'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&limit=1e3', 400, 'from 1 to'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&limit=10001', 400, 'format=csv, parquet or arrow'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&from=tomorrow', 400, 'from must be a time'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&from=2026-02-30', 400, 'from must be a time'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&to=9999-01-01', 400, 'to must be a time'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&from=2026-01-02&to=2026-01-01', 400, 'before to'],
    ['/api/bars?symbol=BTCUSDT&interval=1s&from=2001-01-01&to=2100-01-01', 400, 'longer interval'],
    ['/api/bars?symbol=BTCUSDT&interval=1m&format=xml', 400, 'format must be one of json'],
    ['/api/bars?symbol=NOSUCH&interval=1m', 404, 'the lake has binance/BTCUSDT'],
    ['/api/bars?symbol=BTCUSDT&exchange=nasdaq&interval=1m', 404, 'the lake has binance/BTCUSDT'],
    ['/api/bars?symbol=..%2f..%2fetc&interval=1m', 400, 'in capitals'],
    ["/api/latest?symbol=X'%3B%20DROP%20VIEW%20trades%3B--", 400, 'in capitals'],
    ['/api/latest?symbol=%F0%9F%92%A9', 400, 'in capitals'],
    ['/api/stream?symbol=BTCUSDT,NOSUCH&interval=1s', 404, 'the lake has'],
    ['/api/nothing', 404, '/openapi.json'],
    ['/assets/../../../../etc/passwd', 404, 'not found'],
    ['/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd', 404, 'not found'],
  ])('%s is refused with %i: %s', async (path, status, text) => {
    const answer = await lake.get(path);
    expect(answer.status).toBe(status);
    const body = (await answer.json()) as { error: string };
    expect(body).toEqual({ status, error: expect.stringContaining(text) });
    expect(body.error).not.toMatch(/DROP|NOSUCH|nasdaq|tomorrow/);
  });
});

describe('the OpenAPI document', () => {
  type Operation = {
    parameters?: { name: string; in: string; required: boolean }[];
    responses: Record<string, object>;
  };
  type Document = { paths: Record<string, Record<string, Operation>> };

  it('is valid, and every path in it answers as it says', async () => {
    const document = await lake.getJson<Document>('/openapi.json');
    const { valid, errors } = await new Validator().validate({ ...document });
    expect([valid, errors]).toEqual([true, undefined]);
    for (const [path, { get: operation }] of Object.entries(document.paths)) {
      if (operation === undefined || path === '/api/stream') continue;
      const given: Record<string, string> = { symbol: 'BTCUSDT', interval: '1m' };
      const required = (operation.parameters ?? []).filter((each) => each.required);
      const query = new URLSearchParams(
        Object.fromEntries(required.map(({ name }) => [name, given[name]!])),
      );
      const answer = await lake.get(`${path}?${query}`);
      expect([path, Object.keys(operation.responses)]).toEqual([
        path,
        expect.arrayContaining([String(answer.status)]),
      ]);
      if (path === '/metrics') continue;
      const schema = answerSchemas[path as keyof typeof answerSchemas];
      expect(schema.parse(await answer.json())).toBeDefined();
    }
  });

  it('names every parameter that is taken, and none that is not', async () => {
    const { paths } = await lake.getJson<Document>('/openapi.json');
    const values: Record<string, string> = {
      symbol: 'BTCUSDT',
      exchange: 'binance',
      interval: '1m',
      from: day,
      to: '2026-03-02T00:00:00Z',
      limit: '5',
      format: 'csv',
      download: '1',
      at_once: '1',
    };
    for (const [path, { get: operation }] of Object.entries(paths)) {
      if (!path.startsWith('/api/') || operation === undefined) continue;
      if (['/api/stream', '/api/health'].includes(path)) continue;
      const names = operation.parameters!.map(({ name }) => name);
      const query = new URLSearchParams(
        Object.fromEntries(names.map((name) => [name, values[name]!])),
      );
      expect([path, (await lake.get(`${path}?${query}`)).status]).toEqual([path, 200]);
      query.set('other', '1');
      expect([path, (await lake.get(`${path}?${query}`)).status]).toEqual([path, 400]);
    }
  });
});

describe('SQL', () => {
  it('is answered with names, types and rows, cut where there are too many', async () => {
    const answer = await lake.postSql(
      'SELECT trade_id, price, trade_time FROM trades_live ORDER BY 1',
    );
    expect(answer.status).toBe(200);
    expect(answerSchemas['/api/sql'].parse(await answer.json())).toMatchObject({
      columns: [{ type: 'BIGINT' }, { type: 'DOUBLE' }, { type: 'TIMESTAMP WITH TIME ZONE' }],
      rows: expect.arrayContaining([[1000, 100, `${day}T10:00:00.500000Z`]]),
      truncated: false,
    });
    const cut = await lake.postSql('', '', {
      body: JSON.stringify({ sql: 'FROM range(10)', limit: 3 }),
    });
    expect(await cut.json()).toMatchObject({ rows: [[0], [1], [2]], truncated: true });
  });

  it('is had as a file', async () => {
    const answer = await lake.postSql("SELECT 1 AS a, NULL AS b, 'x,\"y' AS c", '?format=csv');
    expect(answer.headers.get('content-type')).toMatch(/^text\/csv/);
    expect(await answer.text()).toBe('a,b,c\n1,,"x,""y"\n');
    const arrow = await lake.postSql('FROM range(5000)', '?format=arrow');
    expect(tableFromIPC(new Uint8Array(await arrow.arrayBuffer())).numRows).toBe(5000);
  });

  it.each([
    ['', 'empty'],
    ['SELECT 1; SELECT 2', 'one statement'],
    ['SELEC 1', 'syntax error'],
    ['SELECT * FROM nothing', 'nothing'],
    ["SELECT * FROM read_csv('/etc/passwd')", 'disabled by configuration'],
    ["SELECT * FROM '/proc/self/environ'", 'does not exist'],
    ["SELECT * FROM read_text('/proc/self/environ')", 'disabled by configuration'],
    ["COPY (SELECT 1) TO '/tmp/x.csv'", 'refused'],
    ["COPY (SELECT 1) TO 'parquet/x.csv'", 'refused'],
    ["ATTACH '/tmp/other.db'", 'refused'],
    ['INSTALL httpfs', 'refused'],
    ["SET memory_limit = '10GB'", 'refused'],
    ['PRAGMA enable_profiling', 'refused'],
    ['CREATE TABLE t AS SELECT 1', 'refused'],
    ["SELECT 1) TO '/tmp/x' (FORMAT csv); --", 'syntax error'],
  ])('%j is refused: %s', async (sql, text) => {
    for (const query of ['', '?format=csv']) {
      const answer = await lake.postSql(sql, query);
      expect([sql, answer.status]).toEqual([sql, 400]);
      expect(((await answer.json()) as { error: string }).error.toLowerCase()).toContain(text);
    }
  });
});
