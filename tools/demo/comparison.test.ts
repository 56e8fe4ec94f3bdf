import { describe, expect, it } from 'vitest';
import { compareTrades, type RecordedTrades } from './comparison.ts';
import type { SentTrades } from './feed.ts';

const range = (symbol: string, firstId: number, lastId: number): SentTrades & RecordedTrades => ({
  symbol,
  firstId,
  lastId,
  trades: lastId - firstId + 1,
});
const btc = range('BTCUSDT', 100, 199);
const eth = range('ETHUSDT', 7, 7);

describe('compareTrades', () => {
  it('is equal where every symbol has the same trades, in any order', () => {
    const { isEqual, text } = compareTrades([btc, eth], [eth, btc]);
    expect(isEqual).toBe(true);
    expect(text).toMatch(/BTCUSDT +100 +100 {2}equal\n.*ETHUSDT +1 +1 {2}equal\n.*all +101 +101/s);
  });

  it.each([
    ['a trade is missing at the start', [{ ...btc, firstId: 101, trades: 99 }, eth]],
    ['a trade is missing at the end', [{ ...btc, lastId: 198, trades: 99 }, eth]],
    ['a trade is missing in the middle', [{ ...btc, trades: 99 }, eth]],
    ['a trade is there twice', [{ ...btc, trades: 101 }, eth]],
    ['the ids are others', [range('BTCUSDT', 101, 200), eth]],
    ['a symbol is missing', [btc]],
    ['a symbol was never sent', [btc, eth, range('XRPUSDT', 1, 2)]],
    ['nothing is there', []],
  ])('differs where %s', (_title, recorded) => {
    const { isEqual, text } = compareTrades([btc, eth], recorded);
    expect(isEqual).toBe(false);
    expect(text).toContain('DIFFERENT');
  });

  it('is not equal where nothing was sent at all', () => {
    expect(compareTrades([], []).isEqual).toBe(false);
  });
});
