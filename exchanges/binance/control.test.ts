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
    { kind: 'data', stream: 'btcusdt@trade' },
  ],
  ['{"result":["btcusdt@aggTrade"],"id":3}', { kind: 'other' }],
  ['null', { kind: 'other' }],
  ['{"stream":"btcu', { kind: 'unreadable' }],
  ['', { kind: 'unreadable' }],
];

test.each(cases)('reads %s', (text, control) => {
  expect(parseControlFrame(Buffer.from(text))).toEqual(control);
});
