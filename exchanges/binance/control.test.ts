import { expect, test } from 'vitest';
import { parseControlFrame } from './control.ts';

// Literal forms of web-socket-streams.md, 2026-06-09; the nested error is USD-M's.
const cases: [string, object][] = [
  ['{"result":null,"id":12}', { kind: 'ack', id: 12 }],
  [
    '{"code":0,"msg":"Unknown property","id":5}',
    { kind: 'error', id: 5, reason: '0 Unknown property' },
  ],
  [
    '{"code":2,"msg":"Invalid request: too many parameters"}',
    { kind: 'error', id: undefined, reason: '2 Invalid request: too many parameters' },
  ],
  [
    '{"error":{"code":4,"msg":"Too many subscriptions"},"id":3}',
    { kind: 'error', id: 3, reason: '4 Too many subscriptions' },
  ],
  ['{"e":"serverShutdown","E":1770123456789}', { kind: 'shutdown' }],
  [
    '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}',
    { kind: 'shutdown' },
  ],
  [
    '{"data":{"e":"trade","t":1},"stream":"btcusdt@trade"}',
    { kind: 'data', stream: 'btcusdt@trade', eventUs: 0, tradeId: -1 },
  ],
  [
    '{"data":{"t":7,"E":1770123456789,"e":"trade"},"stream":"btcusdt@trade"}',
    { kind: 'data', stream: 'btcusdt@trade', eventUs: 1_770_123_456_789_000, tradeId: 7 },
  ],
  [
    '{"stream":"btcusdt@trade","data":{"e":"trade","st":1,"E":1770123456789123,"t":8}}',
    { kind: 'data', stream: 'btcusdt@trade', eventUs: 1_770_123_456_789_123, tradeId: 8 },
  ],
  [
    '{"data":{"e":"trade","E":1770123456789,"t":9007199254740993},"stream":"btcusdt@trade"}',
    { kind: 'data', stream: 'btcusdt@trade', eventUs: 0, tradeId: -1 },
  ],
  ['{"result":["btcusdt@aggTrade"],"id":3}', { kind: 'other' }],
  ['null', { kind: 'other' }],
  ['{"stream":"btcu', { kind: 'unreadable' }],
  ['', { kind: 'unreadable' }],
];

test.each(cases)('reads %s', (text, control) => {
  expect(parseControlFrame(Buffer.from(text))).toEqual(control);
});
