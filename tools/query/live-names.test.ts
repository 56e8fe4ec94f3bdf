import { describe, expect, it } from 'vitest';
import { findLiveNames, isLive } from './live-names.ts';

describe('a live query', () => {
  const live = findLiveNames([
    { name: 'bars_1s', definition: "FROM 'x/state/live_or_not'" },
    { name: 'trades_live', definition: 'FROM tail' },
    { name: 'spread_now', definition: 'CREATE MACRO ... FROM Trades_Live' },
    { name: 'deep', definition: 'FROM spread_now()' },
    { name: 'alive', definition: 'SELECT 1' },
  ]);

  it.each([
    ['FROM trades_live', true],
    ['select * from "Trades_LIVE"', true],
    ['FROM spread_now()', true],
    ["FROM query('FROM deep()')", true],
    ['FROM bars_1s', false],
    ['FROM alive', false],
  ])('%s: %s', (sql, expected) => {
    expect(isLive(sql, live)).toBe(expected);
  });
});

it('finds what reads the tail without its lake, as the gaps do', () => {
  const live = findLiveNames([
    { name: 'bars_tail', definition: 'CREATE VIEW bars_tail AS FROM read_parquet(...)' },
    { name: 'gaps', definition: 'CREATE VIEW gaps AS FROM bars_tail' },
  ]);
  expect(isLive('SELECT * FROM gaps', live)).toBe(true);
});
