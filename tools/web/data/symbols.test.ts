import { expect, it } from 'vitest';
import type { Config } from '../../../lake/config.ts';
import { sortAsConfigured } from './symbols.ts';

it('names symbols as the configuration does, then by name what it names no more', () => {
  const exchanges = { venue: { symbols: ['BTCUSDT', 'ETHUSDT', 'ADAUSDT'] } } as unknown;
  const listed = ['OLD', 'ADAUSDT', 'ETHUSDT', 'AAA', 'BTCUSDT'].map((symbol) => ({
    exchange: 'venue',
    symbol,
  }));
  const config = { exchanges: exchanges as Config['exchanges'] };
  const sorted = sortAsConfigured([...listed, { exchange: 'other', symbol: 'BTCUSDT' }], config);
  expect(sorted.map(({ exchange, symbol }) => `${exchange}/${symbol}`)).toEqual([
    'venue/BTCUSDT',
    'venue/ETHUSDT',
    'venue/ADAUSDT',
    'other/BTCUSDT',
    'venue/AAA',
    'venue/OLD',
  ]);
});
