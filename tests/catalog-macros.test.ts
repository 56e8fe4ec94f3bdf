import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DuckdbSession, openDuckdb } from '../lake/duckdb.ts';
import { catalogPath } from '../lake/layout.ts';
import { type AwkwardLake, begunUs, makeAwkwardLake } from './awkward-lake.ts';
import {
  correlate,
  cutIntervals,
  listHours,
  listReturns,
  listSpreads,
  listVolatilities,
  listVwaps,
  type PlainRow,
  type PlainSecond,
} from './plain-macros.ts';
import {
  cutBySize,
  cutByTime,
  listLevels,
  listMissing,
  type PlainTrade,
  quoteTrades,
  weighBase,
  weighOne,
  weighQuote,
} from './plain-trade-macros.ts';
import { us } from './raw-lines.ts';

/** And how long intervals are there, as text and in seconds. */
type Span = { text: string; seconds: readonly [number, number]; cut: readonly [string, number] };

let lake: AwkwardLake;
let session: DuckdbSession;

beforeAll(async () => {
  lake = await makeAwkwardLake();
  const limits = { memoryLimit: '500MB', threads: 1, spillDir: join(lake.root, 'state/spill') };
  session = await openDuckdb({ path: catalogPath(lake.root), ...limits, readOnly: true });
}, 60_000);
afterAll(() => session.close());

const markets = [
  { exchange: 'binance', symbol: 'BTCUSDT' },
  { exchange: 'binance', symbol: 'ETHUSDT' },
  { exchange: 'binance', symbol: 'ONEUSDT' },
  { exchange: 'other', symbol: 'BTCUSDT' },
] as const;
type Market = (typeof markets)[number];

const everything: Span = {
  text: 'NULL, NULL',
  seconds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  cut: ['7s', 7],
};
/** Across the lost connection and midnight, neither end at that of a minute. */
const middle: Span = {
  text: `'2026-03-01 23:58:05', '2026-03-02 00:02:45Z'`,
  seconds: [us('2026-03-01T23:58:05Z') / 1e6, us('2026-03-02T00:02:45Z') / 1e6],
  cut: ['1m', 60],
};
const spans = [everything, middle];

/** The rows of seconds of a market within a span. */
async function readSeconds({ exchange, symbol }: Market, span: Span): Promise<PlainSecond[]> {
  const rows = await session.all(
    `SELECT * EXCLUDE (exchange, symbol, window_start, day), epoch(window_start)::INTEGER AS second
     FROM bars_1s WHERE exchange = '${exchange}' AND symbol = '${symbol}' ORDER BY window_start`,
  );
  return (rows as PlainSecond[]).filter(({ second }) => isWithin(second, span));
}

/** The trades of a market that were written, within a span. */
function listTrades({ exchange, symbol }: Market, span: Span): PlainTrade[] {
  const trades = lake.trades.get(exchange === 'other' ? 'ETHUSDT' : symbol)!;
  return trades.filter((trade) => isWithin(trade.us / 1e6, span));
}

function isWithin(second: number, { seconds: [from, to] }: Span): boolean {
  return second >= from && second < to;
}

/** What is rounded on the way to the answer; all else has to be equal to the last bit. */
const rounded =
  /vwap|share|spread_(mean|median|p95)|log_return|realised|annualised|correlation|beta|effective|quoted_spread/;

function expectRows(actual: readonly Record<string, unknown>[], expected: readonly PlainRow[]) {
  const numbers = actual.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
      ]),
    ),
  );
  const allowed = expected.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' && rounded.test(name) ? expect.closeTo(value, 9) : value,
      ]),
    ),
  );
  expect(numbers).toEqual(allowed);
}

const begins = 'epoch(window_start)::INTEGER AS begins, * EXCLUDE (exchange, symbol, window_start)';
const of = ({ exchange }: Market) => `WHERE exchange = '${exchange}'`;

describe.each(markets)('of $exchange/$symbol', (market) => {
  const { symbol } = market;

  it.each(spans)('bars of seconds answer as loops over them do: %#', async (span) => {
    const rows = await readSeconds(market, span);
    const [interval, length] = span.cut;
    const ask = (macro: string) =>
      session.all(
        `SELECT ${begins} FROM ${macro}('${symbol}', '${interval}', ${span.text}) ${of(market)} ORDER BY ALL`,
      );
    expectRows(await ask('vwap'), listVwaps(rows, length));
    expectRows(await ask('spread_stats'), listSpreads(rows, length));
    expectRows(await ask('returns'), [...listReturns(rows, length)]);
    const hours = await session.all(
      `SELECT * EXCLUDE (exchange, symbol) FROM volume_by_hour('${symbol}', ${span.text}) ${of(market)} ORDER BY hour`,
    );
    expectRows(hours, listHours(rows));
    const volatilities = await session.all(
      `SELECT * EXCLUDE (exchange, symbol) FROM realised_volatility('${symbol}', '${interval}', ${span.text})
       ${of(market)} ORDER BY day`,
    );
    expectRows(volatilities, listVolatilities(rows, length, span.seconds));
  });

  it.each(spans)('bars of trades and their profile hold what the trades do: %#', async (span) => {
    const trades = listTrades(market, span);
    const ask = (macro: string, size: string) =>
      session.all(
        `SELECT bar, epoch_us(from_time)::DOUBLE AS from_us, epoch_us(to_time)::DOUBLE AS to_us,
                * EXCLUDE (exchange, symbol, bar, from_time, to_time)
         FROM ${macro}('${symbol}', ${size}, ${span.text}) ${of(market)} ORDER BY bar`,
      );
    expectRows(await ask('tick_bars', '7'), cutBySize(trades, weighOne, 7n));
    expectRows(await ask('volume_bars', '0.55'), cutBySize(trades, weighBase, 55_000_000n));
    expectRows(
      await ask('dollar_bars', '40.5'),
      cutBySize(trades, weighQuote, 4_050_000_000n * 10n ** 8n),
    );
    expectRows(await ask('time_bars', `'11s'`), cutByTime(trades, 11));
    const levels = await session.all(
      `SELECT * EXCLUDE (exchange, symbol) FROM volume_profile('${symbol}', 0.25, ${span.text}) ${of(market)}
       ORDER BY price_from`,
    );
    expectRows(levels, listLevels(trades, '0.25000000'));
  });

  it.each(spans)('trades meet the quote before them, or none: %#', async (span) => {
    const rows = await session.all(
      `SELECT trade_id, side, epoch(quote_time)::INTEGER AS quoted, quote_age_seconds AS age, bid, ask,
              quoted_spread, effective_spread, effective_spread_bps, complete
       FROM trades_with_quotes('${symbol}', ${span.text}) ${of(market)} ORDER BY trade_id`,
    );
    const all = await readSeconds(market, everything);
    expectRows(rows, quoteTrades(listTrades(market, span), all));
  });
});

describe('what is missing', () => {
  it.each(markets.slice(0, 3))('of $symbol is placed in time', async (market) => {
    const rows = await session.all(
      `SELECT first_trade_id, last_trade_id, trades, epoch(from_time)::INTEGER AS from_second,
              epoch(to_time)::INTEGER AS to_second
       FROM gaps WHERE kind = 'trades' AND exchange = 'binance' AND symbol = '${market.symbol}'
       ORDER BY first_trade_id`,
    );
    const expected = listMissing(listTrades(market, everything));
    expectRows(rows, expected);
    const within = expected.filter((row) => Number(row.to_second) - Number(row.from_second) === 1);
    expect(within.length > 0).toBe(market.symbol !== 'ONEUSDT');
    const [whole] = await session.all(
      `SELECT count(*)::INTEGER AS bars FROM bars_1s JOIN gaps USING (exchange, symbol)
       WHERE gaps.kind = 'trades' AND complete AND window_start >= from_time AND window_start < to_time`,
    );
    expect(whole).toEqual({ bars: 0 });
  });
});

it.each(spans)('correlates what both have: %#', async (span) => {
  const read = async (market: Market) => readSeconds(market, span);
  const [btc, eth, other] = await Promise.all([markets[0], markets[1], markets[3]].map(read));
  const [interval, length] = span.cut;
  const { beta, ...expected } = correlate(btc!, eth!, length)!;
  const [pair] = await session.all(
    `SELECT * EXCLUDE (exchange, symbol_a, symbol_b) FROM correlation('BTCUSDT', 'ETHUSDT', '${interval}', ${span.text})`,
  );
  expectRows([pair!], [{ beta: beta!, ...expected }]);
  const matrix = await session.all(
    `SELECT * EXCLUDE (exchange_a) FROM correlation_matrix('${interval}', ${span.text})
     WHERE symbol_a <> 'ONEUSDT' AND symbol_b <> 'ONEUSDT' ORDER BY ALL`,
  );
  expectRows(matrix, [
    { symbol_a: 'BTCUSDT', exchange_b: 'binance', symbol_b: 'ETHUSDT', ...expected },
    { symbol_a: 'BTCUSDT', exchange_b: 'other', symbol_b: 'BTCUSDT', ...expected },
    {
      ...{ symbol_a: 'ETHUSDT', exchange_b: 'other', symbol_b: 'BTCUSDT' },
      ...{ returns: expected.returns!, correlation: 1, complete: expected.complete! },
    },
  ]);
  expect(other).toEqual(eth);
});

it('begins a week on Monday, and a day or less at the epoch', async () => {
  const weeks = await session.all(
    `SELECT strftime(make_timestamp(epoch_us(window_start)), '%a %Y-%m-%d') AS begins, seconds
     FROM ohlcv('BTCUSDT', '1w', NULL, NULL) WHERE exchange = 'binance' ORDER BY window_start`,
  );
  const rows = await readSeconds(markets[0], everything);
  const cut = cutIntervals(rows, 604_800);
  expect(weeks).toEqual([
    { begins: 'Mon 2026-02-23', seconds: String(cut[0]![1].length) },
    { begins: 'Mon 2026-03-02', seconds: String(cut[1]![1].length) },
  ]);
});

describe('an answer about nothing', () => {
  const before = `'2026-03-03', '2026-03-01'`;
  const macros = [
    `ohlcv('BTCUSDT', '1m', SPAN)`,
    `vwap('BTCUSDT', '1m', SPAN)`,
    `volume_by_hour('BTCUSDT', SPAN)`,
    `spread_stats('BTCUSDT', '1m', SPAN)`,
    `returns('BTCUSDT', '1m', SPAN)`,
    `realised_volatility('BTCUSDT', '1m', SPAN)`,
    `correlation('BTCUSDT', 'ETHUSDT', '1m', SPAN)`,
    `correlation_matrix('1m', SPAN)`,
    `time_bars('BTCUSDT', '1m', SPAN)`,
    `tick_bars('BTCUSDT', 7, SPAN)`,
    `volume_bars('BTCUSDT', 1, SPAN)`,
    `dollar_bars('BTCUSDT', 1, SPAN)`,
    `volume_profile('BTCUSDT', 1, SPAN)`,
    `trades_with_quotes('BTCUSDT', SPAN)`,
    `kline_differences('BTCUSDT', SPAN)`,
  ];
  it.each(macros)('is empty: %s', async (macro) => {
    expect(await session.all(`FROM ${macro.replace('SPAN', before)}`)).toEqual([]);
    const unknown = macro.replaceAll('USDT', 'NONE').replace('SPAN', 'NULL, NULL');
    if (!macro.startsWith('correlation_matrix')) {
      expect(await session.all(`FROM ${unknown}`)).toEqual([]);
    }
  });
});

it.each([
  [`tick_bars(NULL, 2.5, NULL, NULL)`, 'read trades_per_bar 2.5: it has to be a whole number'],
  [`tick_bars(NULL, 0.4, NULL, NULL)`, 'read trades_per_bar 0.4: it has to be a whole number'],
  [`tick_bars(NULL, -3, NULL, NULL)`, 'read trades_per_bar -3: it has to be a whole number'],
  [`tick_bars(NULL, NULL, NULL, NULL)`, 'read trades_per_bar NULL: it has to be a whole number'],
  [`tick_bars(NULL, 'many', NULL, NULL)`, 'read trades_per_bar many: it has to be a whole number'],
  [`volume_bars(NULL, -1, NULL, NULL)`, 'read base_per_bar -1.00000000: it has to be more than 0'],
  [`volume_bars(NULL, NULL, NULL, NULL)`, 'read base_per_bar NULL: it has to be more than 0'],
  [`dollar_bars(NULL, 0, NULL, NULL)`, 'read quote_per_bar 0.00000000: it has to be more than 0'],
  [`volume_profile(NULL, NULL, NULL, NULL)`, 'read price_step NULL: it has to be more than 0'],
  [`vwap(NULL, '-1m', NULL, NULL)`, `read interval '-1m': it is no positive number`],
  [`returns(NULL, NULL, NULL, NULL)`, 'read interval: it is NULL'],
  [
    `realised_volatility(NULL, '1M', NULL, NULL)`,
    `read interval '1M': months have no fixed length`,
  ],
  [`spread_stats(NULL, '0.5s', NULL, NULL)`, `read interval '0.5s': it is no positive number`],
  [`volume_by_hour(NULL, 'noon', NULL)`, `read time 'noon': give 2026-03-01`],
])('says what is wrong with %s', async (macro, message) => {
  await expect(session.all(`FROM ${macro}`)).rejects.toThrow(message);
});

it('is asked of a lake that has all it should: lost seconds and silent ones, no quotes at first', async () => {
  const seconds = await readSeconds(markets[0], everything);
  const spanned = seconds.at(-1)!.second - begunUs / 1e6 + 1;
  expect(seconds.length).toBeLessThan(spanned - 30);
  expect(seconds.filter(({ trade_count }) => trade_count === 0).length).toBeGreaterThan(50);
  const eth = await readSeconds(markets[1], everything);
  expect(eth.filter(({ bid }) => bid === null).length).toBeGreaterThan(10);
});
