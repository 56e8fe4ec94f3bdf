import { expect, test } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { ConfigError } from '../lake/errors.ts';
import { planStreams } from './plan.ts';

test('plans every channel of every symbol, at the configured address', () => {
  const yaml = 'exchanges: { binance: { symbols: [A, B], ws_url: "ws://127.0.0.1:1" } }';
  const [plan] = planStreams(parseConfig(yaml, {}));
  expect(plan?.wsUrls).toEqual(['ws://127.0.0.1:1']);
  const names = ['a@trade', 'a@bookTicker', 'b@trade', 'b@bookTicker'];
  expect(plan?.streams.map((stream) => stream.name)).toEqual(names);
});

test('names every exchange and channel that does not exist, and those that do', () => {
  const yaml = 'exchanges: { binence: {}, binance: { channels: [trades, trade, ticker] } }';
  const config = parseConfig(yaml, {});
  expect(() => planStreams(config)).toThrow(ConfigError);
  expect(() => planStreams(config)).toThrow(
    [
      'exchanges.binence: no such exchange; there are binance',
      'exchanges.binance.channels: no channel "trades"; binance has trade, bookTicker',
      'exchanges.binance.channels: no channel "ticker"; binance has trade, bookTicker',
    ].join('\n  '),
  );
});
