import { describe, expect, it } from 'vitest';
import { complete, readCatalogNames } from './completion.ts';

const names = readCatalogNames([
  { kind: 'view', name: 'trades', owner: null },
  { kind: 'view', name: 'bars_1s', owner: null },
  { kind: 'column', name: 'price', owner: 'trades' },
  { kind: 'column', name: 'symbol', owner: 'trades' },
  { kind: 'column', name: 'symbol', owner: 'bars_1s' },
  { kind: 'column', name: 'spread', owner: 'bars_1s' },
  { kind: 'table_macro', name: 'ohlcv', owner: null },
  { kind: 'macro', name: 'bucket', owner: null },
  { kind: 'keyword', name: 'select', owner: null },
]);

describe('completion', () => {
  it.each([
    ['FROM ', '', ['bars_1s', 'ohlcv', 'trades']],
    ['SELECT 1 FROM tr', '', ['trades']],
    ['FROM trades, ba', '', ['bars_1s']],
    ['FROM trades JOIN b', '', ['bars_1s']],
    ['SELECT s', ' FROM trades', ['symbol', 'select']],
    ['SELECT s', '', ['symbol', 'spread', 'select']],
    ['SE', '', ['SELECT']],
    ['FROM bars_1s WHERE s', '', ['symbol', 'spread', 'select']],
    ['FROM bars_1s AS b, trades t WHERE b.s', '', ['symbol', 'spread']],
    ['FROM bars_1s AS b, trades t WHERE t.', '', ['price', 'symbol']],
    ['SELECT t.p', ' FROM trades t', ['price']],
    ['SELECT bu', ' FROM trades', ['bucket']],
    ['SELECT ', '', []],
  ])('of "%s" before "%s"', (text, after, expected) => {
    expect(complete(text, text + after, names)[0]).toEqual(expected);
  });
});
