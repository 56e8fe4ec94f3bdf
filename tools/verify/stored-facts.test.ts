import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../lake/config.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { instrument, makeDescribedLake, middleDay } from '../../tests/described-lake.ts';
import { openTransformSession } from '../../transformer/session.ts';
import { barRules, jointRules, tradeRules } from './sql.ts';
import { readStoredDay, type StoredDay } from './stored-day.ts';
import { checkRule, readStoredFacts } from './stored-facts.ts';

const rules = [...barRules, ...tradeRules, ...jointRules];

let session: DuckdbSession;
let stored: StoredDay;
beforeAll(async () => {
  const { root } = await makeDescribedLake();
  stored = await readStoredDay(root, instrument, middleDay);
  session = await openTransformSession(parseConfig(`root: ${root}`, {}));
});
afterAll(() => session.close());

/** The rows as the files hold them; `kept_trades`, behind the view, can be changed. */
beforeEach(async () => {
  await readStoredFacts(session, stored);
  await session.run('CREATE OR REPLACE TEMP TABLE kept_trades AS FROM stored_trades');
  await session.run('CREATE OR REPLACE TEMP VIEW stored_trades AS FROM kept_trades');
});

const findRule = (name: string) => rules.find((rule) => rule.name === name)!;

const second = (time: string) => `window_start = '${middleDay} ${time}+00'`;
/** Seconds with two trades, with none, and with one. */
const busy = second('00:00:31');
const flat = second('00:00:35');
const single = second('00:00:32');

it.each<[name: string, what: string, sql: string]>([
  ['price-order', 'a high below the close', `UPDATE stored_bars SET high = 1 WHERE ${busy}`],
  ['price-order', 'a low above the open', `UPDATE stored_bars SET low = 999 WHERE ${busy}`],
  ['price-order', 'no open', `UPDATE stored_bars SET open = NULL WHERE ${busy}`],
  ['price-positive', 'a price of zero', `UPDATE stored_bars SET low = 0 WHERE ${busy}`],
  [
    'price-positive',
    'a bid below zero',
    `UPDATE stored_bars SET bid = -1, spread = ask + 1 WHERE ${flat}`,
  ],
  [
    'quote-order',
    'a bid above the ask',
    `UPDATE stored_bars SET bid = ask + 1, spread = -1 WHERE ${flat}`,
  ],
  ['quote-order', 'an ask without a bid', `UPDATE stored_bars SET bid = NULL WHERE ${flat}`],
  ['quote-order', 'a spread of other quotes', `UPDATE stored_bars SET spread = 7 WHERE ${flat}`],
  ['finite', 'NaN', `UPDATE stored_bars SET latency_p50_ms = 'nan' WHERE ${busy}`],
  ['finite', 'infinity', `UPDATE stored_bars SET bid_qty = 'inf' WHERE ${flat}`],
  [
    'window-order',
    'a window that is no whole second',
    `UPDATE stored_bars SET window_start = window_start + INTERVAL 1 MICROSECOND WHERE ${flat}`,
  ],
  [
    'window-order',
    'rows in another order',
    `UPDATE stored_bars SET file_row_number = 1000 WHERE ${flat}`,
  ],
  [
    'window-order',
    'a row twice',
    `INSERT INTO stored_bars SELECT * REPLACE (1000 AS file_row_number) FROM stored_bars WHERE ${flat}`,
  ],
  [
    'window-order',
    'a row of another day',
    `UPDATE stored_bars SET window_start = window_start + INTERVAL 1 DAY WHERE ${second('23:59:59')}`,
  ],
  [
    'spread-width',
    'a spread of 5 % in more than 0.1 % of the rows',
    `UPDATE stored_bars SET ask = bid * 1.06, spread = bid * 1.06 - bid WHERE ${flat}`,
  ],
  ['volume-order', 'a volume below zero', `UPDATE stored_bars SET volume_base = -1 WHERE ${flat}`],
  [
    'volume-order',
    'more taken than traded',
    `UPDATE stored_bars SET taker_buy_base = 9 WHERE ${flat}`,
  ],
  [
    'volume-order',
    'more filled than traded',
    `UPDATE stored_bars SET backfilled = 3 WHERE ${busy}`,
  ],
  ['volume-order', 'fewer than no quotes', `UPDATE stored_bars SET quote_count = -1 WHERE ${flat}`],
  [
    'trade-count',
    'ids in a flat second',
    `UPDATE stored_bars SET first_trade_id = 1 WHERE ${flat}`,
  ],
  ['trade-count', 'a mean price above the high', `UPDATE stored_bars SET vwap = 200 WHERE ${busy}`],
  [
    'flat-bar',
    'another price in a flat second',
    `UPDATE stored_bars SET open = open + 1, high = high + 1,
    low = low + 1, close = close + 1 WHERE ${flat}`,
  ],
  [
    'trade-order',
    'trades in another order',
    'UPDATE kept_trades SET file_row_number = 99 WHERE trade_id = 7',
  ],
  [
    'trade-order',
    'a trade twice',
    'INSERT INTO kept_trades SELECT * REPLACE (99 AS file_row_number) FROM kept_trades WHERE trade_id = 23',
  ],
  [
    'trade-order',
    'a trade of another day',
    `UPDATE kept_trades SET trade_time = trade_time + INTERVAL 1 DAY WHERE trade_id = 23`,
  ],
  ['trade-values', 'a quantity of zero', 'UPDATE kept_trades SET quantity = 0 WHERE trade_id = 7'],
  [
    'trade-values',
    'another product',
    'UPDATE kept_trades SET quote_quantity = 1 WHERE trade_id = 7',
  ],
  [
    'trade-values',
    'a source that does not exist',
    `UPDATE kept_trades SET source = 'x' WHERE trade_id = 7`,
  ],
  ['bars-equal-trades', 'a trade too few', 'DELETE FROM kept_trades WHERE trade_id = 9'],
  ['bars-equal-trades', 'a second without its bar', `DELETE FROM stored_bars WHERE ${single}`],
  [
    'bars-equal-trades',
    'a volume that is off by the last bit',
    `UPDATE stored_bars SET volume_quote = volume_quote * (1 + 2.3e-16) WHERE ${busy}`,
  ],
  [
    'complete-seconds',
    'a second beside missing ids called complete',
    `UPDATE stored_bars SET complete = true WHERE ${second('23:59:55')}`,
  ],
])('%s refuses %s', async (name, _what, sql) => {
  await session.run(sql);
  expect(await checkRule(session, findRule(name))).toMatchObject([
    { severity: 'wrong', check: name, remedy: 'rebuild' },
  ]);
});

it('breaks no rule with the rows as the transformer writes them', async () => {
  for (const rule of rules) expect(await checkRule(session, rule)).toEqual([]);
});

it('takes one step of a price for no wide spread, however small the price', async () => {
  await session.run('UPDATE stored_bars SET bid = 0.00000012, ask = 0.00000013, spread = 1e-8');
  expect(await checkRule(session, findRule('spread-width'))).toEqual([]);
});

it('names the worst five rows and counts all', async () => {
  await session.run(
    `UPDATE stored_bars SET high = low - 1 - file_row_number WHERE trade_count = 0`,
  );
  const [finding] = await checkRule(session, findRule('price-order'));
  const [row] = await session.all('SELECT count(*) AS flat FROM stored_bars WHERE trade_count = 0');
  expect(finding!.what).toBe(`${row!.flat} rows break the rule`);
  expect(finding!.examples).toHaveLength(5);
  expect(finding!.examples![0]).toMatch(
    /^2026-03-02 23:59:59\+00 open 102\.0 high \d+\.0 low 102\.0 /,
  );
});

it('takes a rule that cannot be evaluated for broken', async () => {
  const [finding] = await checkRule(session, {
    name: 'odd',
    sql: 'CREATE VIEW offenders AS SELECT nothing',
  });
  expect(finding).toMatchObject({ severity: 'wrong', check: 'odd' });
});
