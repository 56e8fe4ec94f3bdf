import { readFileSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DuckdbSession, openDuckdb, readSql } from '../lake/duckdb.ts';
import { catalogPath, livePath, partitionPath } from '../lake/layout.ts';
import { writeCatalog } from '../transformer/catalog.ts';
import { renewCatalog } from '../transformer/renew-catalog.ts';
import { dictionaryPath, formatDictionary, readDictionary } from './data-dictionary.ts';
import { quoteLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

const days = ['2026-03-01', '2026-03-02', '2026-03-04'];
const symbols = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'];

let lake: ScratchLake;
let session: DuckdbSession;

async function openCatalog(root: string): Promise<DuckdbSession> {
  const limits = { memoryLimit: '500MB', threads: 2, spillDir: join(root, 'state/spill') };
  return openDuckdb({ path: catalogPath(root), ...limits, readOnly: true });
}

/** The trades of a day of a symbol: irregular sizes and times over three minutes. */
function listTrades(symbol: string, dayIndex: number) {
  const at = us(`${days[dayIndex]}T10:00:00Z`);
  return Array.from({ length: 60 }, (_, index) => ({
    id: 1000 * (dayIndex + 1) + index,
    us: at + index * 3_137_000,
    price: (100 + symbols.indexOf(symbol) + ((index * 7) % 13) / 100).toFixed(8),
    quantity: (0.1 + ((index * 31) % 17) / 1000).toFixed(8),
    maker: index % 3 === 0,
    symbol,
  }));
}

beforeAll(async () => {
  lake = await makeScratchLake(undefined, renewCatalog);
  for (const symbol of symbols) {
    for (const [index, day] of days.entries()) {
      const trades = listTrades(symbol, index);
      const lines = trades.map(tradeLine);
      if (symbol === 'BTCUSDT') {
        for (let second = 0; second < 180; second += 20) {
          const at = trades[0]!.us + second * 1e6 + 500_000;
          lines.push(quoteLine(at, 10 * at, `${99 + second / 100}`, `${101 + second / 100}`));
        }
      }
      await lake.writePart(day, 1, lines, symbol);
    }
  }
  await lake.transform();
  session = await openCatalog(lake.root);
});
afterAll(() => session.close());

/** The files a query scans of those that match, per scan. */
async function explain(sql: string): Promise<string[]> {
  const plan = (await session.all(`EXPLAIN (FORMAT json) ${sql}`)).map((row) =>
    String(row.explain_value),
  );
  return [...plan.join('').matchAll(/"Scanning Files": "(\d+\/\d+)"/g)].map(([, files]) => files!);
}

describe('files that are not asked for are not read', () => {
  const within = `'2026-03-02', '2026-03-03'`;
  it.each([
    [`bars_1s WHERE symbol = 'BTCUSDT'`, '3/9'],
    [`bars_1s WHERE symbol IN ('BTCUSDT', 'SOLUSDT') AND day = '2026-03-04'`, '2/9'],
    [`trades WHERE symbol = 'BTCUSDT' AND day >= '2026-03-02'`, '2/9'],
    [`bars_1h WHERE symbol = 'BTCUSDT'`, '3/9'],
    [`bars_1d WHERE symbol = 'BTCUSDT' AND day < '2026-03-02'`, '1/9'],
    [`manifests WHERE symbol = 'BTCUSDT' AND day = '2026-03-02'`, '1/9'],
    [`ohlcv('BTCUSDT', '4h', ${within})`, '1/9'],
    [`ohlcv('BTCUSDT', '4h', TIMESTAMPTZ '2026-03-02 00:00:00Z', NULL)`, '2/9'],
    [`ohlcv(NULL, '4h', ${within})`, '3/9'],
    [`vwap('BTCUSDT', '1m', ${within})`, '1/9'],
    [`spread_stats('BTCUSDT', '1m', ${within})`, '1/9'],
    [`realised_volatility('BTCUSDT', '1m', ${within})`, '1/9'],
    [`tick_bars('BTCUSDT', 10, ${within})`, '1/9'],
    [`volume_profile('BTCUSDT', 1, ${within})`, '1/9'],
  ])('%s', async (query, files) => {
    const scans = await explain(`SELECT * FROM ${query}`);
    expect(new Set(scans)).toEqual(new Set([files]));
  });

  it('nor through the live views', async () => {
    for (const view of ['bars_live', 'bars_live_1h', 'trades_live']) {
      const scans = await explain(
        `SELECT * FROM ${view} WHERE symbol = 'BTCUSDT' AND day = '2026-03-02'`,
      );
      expect(scans.filter((files) => files.endsWith('/9'))).not.toEqual([]);
      expect(scans.filter((files) => files.endsWith('/9') && files !== '1/9')).toEqual([]);
    }
  });

  it('gaps of one symbol, as the dashboard asks for them', async () => {
    await session.setVariable('exchange', 'binance');
    await session.setVariable('symbol', 'BTCUSDT');
    for (const name of ['from_us', 'to_us'])
      await session.setVariable(name, us('2026-03-01T00:00:00Z'));
    for (const name of ['from_day', 'to_day']) await session.setVariable(name, days[0]!);
    await session.setVariable('row_limit', 9);
    const gapsSql = join(import.meta.dirname, '../tools/web/sql/gaps.sql');
    // Of manifests and bars; beside them the tail is scanned.
    const scans = (await explain(readSql(gapsSql))).filter((files) => files.endsWith('/9'));
    expect(scans.length).toBeGreaterThan(2);
    expect(new Set(scans)).toEqual(new Set(['3/9']));
  });
});

it('keeps the columns of bars and trades in their order, and adds the day', async () => {
  const list = async (sql: string) =>
    (await session.all(`DESCRIBE ${sql}`)).map(
      ({ column_name, column_type }) => `${column_name} ${column_type}`,
    );
  for (const dataset of ['bars_1s', 'trades'] as const) {
    const path = partitionPath(
      lake.root,
      dataset,
      { exchange: 'binance', symbol: 'BTCUSDT' },
      days[0]!,
    );
    const stored = await list(`SELECT * FROM read_parquet('${path}', hive_partitioning = false)`);
    for (const view of [dataset, dataset.replace('_1s', '').concat('_live')]) {
      expect(await list(view)).toEqual([...stored, 'day DATE']);
    }
  }
});

describe('bars of longer intervals', () => {
  it('are the same whatever the time zone of who asks, and what it is asked with', async () => {
    const ask = () =>
      session.all(
        `SELECT epoch(window_start) AS second, * EXCLUDE (window_start) FROM bars_1d ORDER BY ALL`,
      );
    const inUtc = await ask();
    const bars = () =>
      session.all(
        `SELECT epoch(window_start) AS second, * EXCLUDE (window_start)
         FROM ohlcv('BTCUSDT', '1h', '2026-03-02', '2026-03-03 00:00:00') ORDER BY ALL`,
      );
    const hours = await bars();
    await session.setOption('TimeZone', `'America/New_York'`);
    try {
      expect(await ask()).toEqual(inUtc);
      expect(await bars()).toEqual(hours);
    } finally {
      await session.setOption('TimeZone', `'UTC'`);
    }
    expect(inUtc).toHaveLength(9);
    expect(inUtc[0]).toMatchObject({ second: us('2026-03-01T00:00:00Z') / 1e6 });
    expect(hours).toHaveLength(1);
  });

  it('of ohlcv equal those of the views', async () => {
    const differing = await session.all(
      `(FROM ohlcv(NULL, '5m', NULL, NULL) EXCEPT ALL SELECT * EXCLUDE (day) FROM bars_5m)
       UNION ALL (SELECT * EXCLUDE (day) FROM bars_5m EXCEPT ALL FROM ohlcv(NULL, '5 minutes', NULL, NULL))`,
    );
    expect(differing).toEqual([]);
  });

  it.each([
    [`'1M', NULL, NULL`, `read interval '1M': months have no fixed length`],
    [`'0m', NULL, NULL`, `read interval '0m': it is no positive number of whole seconds`],
    [`'soon', NULL, NULL`, `read interval 'soon': it is no positive number`],
    [`NULL, NULL, NULL`, 'read interval: it is NULL'],
    [`'1m', 'yesterday', NULL`, `read time 'yesterday': give 2026-03-01`],
    [`'1m', NULL, '2026-03-01 10:00:00 Europe/Berlin'`, 'read time'],
  ])('refuse %s', async (parameters, message) => {
    await expect(session.all(`FROM ohlcv('BTCUSDT', ${parameters})`)).rejects.toThrow(message);
  });
});

describe('bars of trades', () => {
  it('of a second equal the transformer’s, sums to the last bit', async () => {
    const columns = `symbol, open, high, low, close, volume_base, volume_quote, taker_buy_base, taker_buy_quote,
      trade_count, round(vwap, 12) AS vwap, first_trade_id, last_trade_id`;
    const [counted] = await session.all(
      `WITH ours AS (SELECT ${columns} FROM time_bars(NULL, '1s', NULL, NULL)),
            theirs AS (SELECT ${columns} FROM bars_1s WHERE trade_count > 0)
       SELECT (SELECT count(*) FROM ours) AS bars,
              (SELECT count(*) FROM (FROM ours EXCEPT ALL FROM theirs)) AS more,
              (SELECT count(*) FROM (FROM theirs EXCEPT ALL FROM ours)) AS less`,
    );
    expect(counted).toEqual({ bars: '540', more: '0', less: '0' });
  });

  it.each([
    ['tick_bars', '7', () => 1, 7],
    ['volume_bars', '0.55', (trade: PlainTrade) => Number(trade.quantity) * 1e8, 0.55e8],
    [
      'dollar_bars',
      '50',
      (trade: PlainTrade) => Number(trade.price) * Number(trade.quantity) * 1e8,
      50e8,
    ],
  ] as const)('%s end where a plain count says', async (macro, size, weigh, limit) => {
    const rows = await session.all(
      `SELECT bar, first_trade_id FROM ${macro}('ETHUSDT', ${size}, '2026-03-02', '2026-03-03') ORDER BY bar`,
    );
    let reached = 0;
    const firsts = new Map<number, number>();
    for (const trade of listTrades('ETHUSDT', 1)) {
      const bar = Math.floor(Math.round(reached) / limit);
      if (!firsts.has(bar)) firsts.set(bar, trade.id);
      reached += weigh(trade);
    }
    expect(rows.map(({ bar, first_trade_id }) => [Number(bar), Number(first_trade_id)])).toEqual([
      ...firsts,
    ]);
    expect(rows.length).toBeGreaterThan(5);
  });
});

type PlainTrade = ReturnType<typeof listTrades>[number];

it('gives a trade the quote of an earlier second, never one of its own or later', async () => {
  const rows = await session.all(
    `SELECT trade_id, price, side, epoch(quote_time) AS quoted, quote_age_seconds AS age, bid, ask, effective_spread
     FROM trades_with_quotes('BTCUSDT', '2026-03-01', '2026-03-02') ORDER BY trade_id`,
  );
  const start = us('2026-03-01T10:00:00Z') / 1e6;
  expect(rows).toHaveLength(60);
  for (const [index, trade] of listTrades('BTCUSDT', 0).entries()) {
    const second = Math.floor(trade.us / 1e6) - start;
    const quoted = second === 0 ? undefined : Math.min(160, Math.floor((second - 1) / 20) * 20);
    expect(rows[index]).toMatchObject(
      quoted === undefined
        ? { bid: null, age: null, effective_spread: null }
        : {
            side: trade.maker ? 'sell' : 'buy',
            quoted: start + quoted + 1,
            age: String(second - quoted - 1),
            bid: 99 + quoted / 100,
            effective_spread: expect.closeTo(
              (trade.maker ? -1 : 1) * 2 * (Number(trade.price) - 100 - quoted / 100),
              9,
            ),
          },
    );
  }
});

it('counts what is missing as the manifests do, and a day without any as missing altogether', async () => {
  const rows = await session.all(
    `SELECT day, completeness_percent, seconds_expected, seconds_missing, trades, trades_missing
     FROM quality WHERE symbol = 'ETHUSDT' ORDER BY day`,
  );
  expect(rows.map(({ day }) => day)).toEqual([
    '2026-03-01',
    '2026-03-02',
    '2026-03-03',
    '2026-03-04',
  ]);
  expect(rows[2]).toMatchObject({
    completeness_percent: 0,
    seconds_missing: '86400',
    trades: null,
  });
  expect(rows[1]).toMatchObject({ trades: '60', trades_missing: '940' });
  const missing = await session.all(
    `SELECT day, kind, CAST(sum(seconds) AS BIGINT) AS seconds, CAST(sum(trades) AS BIGINT) AS trades
     FROM gaps WHERE symbol = 'ETHUSDT' GROUP BY ALL ORDER BY kind, day`,
  );
  const seconds = missing.filter(({ kind }) => kind === 'seconds');
  expect(seconds.map(({ day, seconds }) => [day, seconds])).toEqual(
    rows.filter((row) => row.seconds_missing !== '0').map((row) => [row.day, row.seconds_missing]),
  );
  const trades = missing.filter(({ kind }) => kind === 'trades');
  expect(trades.map(({ day, trades }) => [day, trades])).toEqual(
    rows.filter((row) => row.trades_missing !== '0').map((row) => [row.day, row.trades_missing]),
  );
});

it('says when missing trades were: from the second of the trade before to the end of that of the one after', async () => {
  const rows = await session.all(
    `SELECT day, epoch(from_time)::INTEGER AS from, epoch(to_time)::INTEGER AS to, seconds, is_published
     FROM gaps WHERE kind = 'trades' AND symbol = 'SOLUSDT' ORDER BY day`,
  );
  const second = ({ us }: { us: number }) => Math.floor(us / 1e6);
  const expected = [1, 2].map((index) => ({
    day: days[index],
    from: second(listTrades('SOLUSDT', index - 1).at(-1)!),
    to: second(listTrades('SOLUSDT', index)[0]!) + 1,
    seconds: null,
    is_published: true,
  }));
  expect(rows).toEqual(expected);
});

it('does not say when missing trades were where the bars of a day beside them are gone', async () => {
  const instrument = { exchange: 'binance', symbol: 'SOLUSDT' };
  const path = partitionPath(lake.root, 'bars_1s', instrument, '2026-03-02');
  await rename(path, `${path}.away`);
  try {
    const rows = await session.all(
      `SELECT day, from_time IS NULL AS no_from, to_time IS NULL AS no_to
       FROM gaps WHERE kind = 'trades' AND symbol = 'SOLUSDT' ORDER BY day`,
    );
    expect(rows).toEqual([
      { day: '2026-03-02', no_from: false, no_to: true },
      { day: '2026-03-04', no_from: true, no_to: false },
    ]);
  } finally {
    await rename(`${path}.away`, path);
  }
});

describe('the live views', () => {
  const [btc, eth] = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ exchange: 'binance', symbol })) as [
    { exchange: string; symbol: string },
    { exchange: string; symbol: string },
  ];
  const writeTail = async (
    dataset: 'bars_1s' | 'trades',
    instrument: { exchange: string; symbol: string },
    layer: 'sealed' | 'open',
    rows: string,
  ) => {
    const path = livePath(lake.root, dataset, instrument, layer);
    await mkdir(dirname(path), { recursive: true });
    const writer = await openDuckdb({
      path: ':memory:',
      memoryLimit: '200MB',
      threads: 1,
      spillDir: join(lake.root, 'state/spill'),
    });
    const stored = partitionPath(lake.root, dataset, instrument, '2026-03-04');
    const from = `read_parquet('${stored}', hive_partitioning = false)`;
    await writer.run(`COPY (${rows.replaceAll(':stored', from)}) TO '${path}' (FORMAT parquet)`);
    writer.close();
  };

  it('are the lake where there is no tail', async () => {
    for (const [live, stored] of [
      ['bars_live', 'bars_1s'],
      ['trades_live', 'trades'],
    ]) {
      const [counted] = await session.all(
        `SELECT (SELECT count(*) FROM ${live}) AS live, (SELECT count(*) FROM ${stored}) AS stored,
                (SELECT count(*) FROM (FROM ${live} EXCEPT ALL FROM ${stored})) AS more`,
      );
      expect(counted).toMatchObject({ live: counted!.stored, more: '0' });
    }
  });

  it('put the open part over sealed ones and these over the lake, each symbol for itself', async () => {
    const second = (from: number) => `epoch(window_start) % 86400 - 36000 >= ${from}`;
    const marked = (close: number, from: number, to: number) =>
      `SELECT * REPLACE (${close} AS close) FROM :stored WHERE ${second(from)} AND NOT ${second(to)}`;
    const later = (rows: string, seconds: number) =>
      rows.replace(
        'REPLACE (',
        `REPLACE (window_start + INTERVAL ${seconds} SECOND AS window_start, `,
      );
    await writeTail('bars_1s', btc, 'sealed', marked(-1, 10, 20));
    await writeTail('bars_1s', btc, 'open', marked(-2, 15, 17));
    // A second that was taken for observed, and is not: no end of a gap.
    const lost = later(marked(-4, 0, 1), 188).replace('-4 AS close', 'NULL::DOUBLE AS close');
    const ahead = later(marked(-3, 0, 5), 190);
    await writeTail('bars_1s', eth, 'open', `${ahead} UNION ALL ${lost}`);
    await writeTail(
      'trades',
      btc,
      'open',
      'SELECT * REPLACE (-1 AS price) FROM :stored WHERE trade_id >= 3050',
    );
    try {
      const marks = await session.all(
        `SELECT symbol, close, count(*)::INTEGER AS rows FROM bars_live WHERE close < 0 GROUP BY ALL ORDER BY ALL`,
      );
      expect(marks).toEqual([
        { symbol: 'BTCUSDT', close: -2, rows: 2 },
        { symbol: 'BTCUSDT', close: -1, rows: 8 },
        { symbol: 'ETHUSDT', close: -3, rows: 5 },
      ]);
      const [counted] = await session.all(
        `SELECT count(*) - (SELECT count(*) FROM bars_1s) AS more,
                count(DISTINCT (symbol, window_start)) - (SELECT count(*) FROM bars_1s) AS other,
                (SELECT count(*) FROM trades_live) - (SELECT count(*) FROM trades) AS more_trades,
                (SELECT count(*) FROM trades_live WHERE price < 0) AS marked_trades,
                (SELECT sum(seconds) FROM bars_live_1m) - (SELECT sum(seconds) FROM bars_1m) AS more_seconds
         FROM bars_live`,
      );
      expect(counted).toEqual({
        more: '5',
        other: '5',
        more_trades: '0',
        marked_trades: '10',
        more_seconds: '5',
      });
      const gaps = await session.all(
        `SELECT symbol, kind, seconds FROM gaps WHERE NOT is_published`,
      );
      expect(gaps).toEqual([{ symbol: 'ETHUSDT', kind: 'seconds', seconds: '4' }]);
    } finally {
      for (const { symbol } of [btc, eth]) {
        await rm(join(lake.root, 'state/live/binance', symbol), { recursive: true });
      }
    }
  });
});

describe('the catalog', () => {
  const inode = async () => (await stat(catalogPath(lake.root))).ino;

  it('is left alone where nothing has changed, and may be replaced while it is read', async () => {
    const before = await inode();
    await writeCatalog(lake);
    expect(await inode()).toBe(before);
    await writeCatalog(lake, { anew: true });
    expect(await inode()).not.toBe(before);
    const [row] = await session.all('SELECT count(*)::INTEGER AS trades FROM trades');
    expect(row).toEqual({ trades: 540 });
  });

  it('is made again where it is of an earlier version, damaged, or of a lake that was moved', async () => {
    await rm(catalogPath(lake.root));
    const limits = { memoryLimit: '200MB', threads: 1, spillDir: join(lake.root, 'state/spill') };
    const old = await openDuckdb({ path: catalogPath(lake.root), ...limits });
    await old.run('CREATE VIEW bars_1s AS SELECT 1 AS one');
    old.close();
    await writeCatalog(lake);
    const moved = `${lake.root}-moved`;
    const ask = async (root: string) => {
      const other = await openCatalog(root);
      const sql = 'SELECT root, (SELECT count(*)::INTEGER FROM trades) AS trades FROM about';
      return other.all(sql).finally(() => other.close());
    };
    expect(await ask(lake.root)).toEqual([{ root: lake.root, trades: 540 }]);
    await rename(lake.root, moved);
    try {
      await writeCatalog({ root: moved });
      expect(await ask(moved)).toEqual([{ root: moved, trades: 540 }]);
    } finally {
      await rename(moved, lake.root);
    }
    await writeFile(catalogPath(lake.root), 'no database');
    await writeCatalog(lake);
    expect(await ask(lake.root)).toEqual([{ root: lake.root, trades: 540 }]);
  });

  it('reads files of version 0.1, which lack columns, beside those of today', async () => {
    const path = partitionPath(
      lake.root,
      'bars_1s',
      { exchange: 'binance', symbol: 'SOLUSDT' },
      '2026-03-01',
    );
    const kept = `${path}.kept`;
    await rename(path, kept);
    try {
      const limits = { memoryLimit: '200MB', threads: 1, spillDir: join(lake.root, 'state/spill') };
      const writer = await openDuckdb({ path: ':memory:', ...limits });
      await writer.run(
        `COPY (SELECT * EXCLUDE (provenance, clock_offset_ms) FROM read_parquet('${kept}', hive_partitioning = false))
         TO '${path}' (FORMAT parquet)`,
      );
      writer.close();
      await writeCatalog(lake, { anew: true });
      const reader = await openCatalog(lake.root);
      const rows = await reader
        .all(
          'SELECT count(*)::INTEGER AS bars, count(provenance)::INTEGER AS known FROM bars_1s GROUP BY symbol ORDER BY ALL',
        )
        .finally(() => reader.close());
      expect(rows.map(({ bars, known }) => Number(bars) - Number(known))).toEqual([186, 0, 0]);
    } finally {
      await rename(kept, path);
      await writeCatalog(lake, { anew: true });
    }
  });

  it('has a comment on everything, which the data dictionary says', async () => {
    const rows = await readDictionary();
    const silent = rows.filter(
      (row) => row.about === null || (row.kind === 'view' && row.column_about === null),
    );
    expect(silent).toEqual([]);
    const examples = rows
      .filter(({ kind }) => kind !== 'view')
      .map(({ about }) => String(about).split(' Example: ')[1]!);
    for (const example of examples) await session.all(example);
    expect(examples.length).toBeGreaterThan(15);
    expect(readFileSync(dictionaryPath, 'utf8')).toBe(formatDictionary(rows));
  });
});

it.each([
  'volume_bars(NULL, 1e-9, NULL, NULL)',
  'dollar_bars(NULL, 1e-9, NULL, NULL)',
  'volume_profile(NULL, 1e-9, NULL, NULL)',
])('refuses a step that is nothing as the numbers are counted: %s', async (macro) => {
  await expect(session.all(`FROM ${macro}`)).rejects.toThrow('it has to be more than 0');
});
