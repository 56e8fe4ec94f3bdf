import { expect, test } from 'vitest';
import { findStream, formatConnectUrl, planSubscribe } from './streams.ts';

test('names streams in lower case, Unicode symbols included', () => {
  expect(findStream('BTCUSDT', 'bookTicker').name).toBe('btcusdt@bookTicker');
  expect(findStream('币安人生USDT', 'trade').name).toBe('币安人生usdt@trade');
});

test('asks for combined frames with microseconds, whatever the slash at the end of the URL', () => {
  const url = 'ws://127.0.0.1:9443/stream?timeUnit=MICROSECOND';
  expect(formatConnectUrl('ws://127.0.0.1:9443')).toBe(url);
  expect(formatConnectUrl('ws://127.0.0.1:9443/')).toBe(url);
});

test('subscribes every stream once, at most 200 per message, with ids that count on', () => {
  const streams = Array.from({ length: 450 }, (_, i) => findStream(`A${i}`, 'trade'));
  const requests = planSubscribe(streams, 7);
  expect(requests.map(({ id }) => id)).toEqual([7, 8, 9]);
  const sent = requests.map(({ text }) => JSON.parse(text));
  expect(sent.map(({ id }) => id)).toEqual([7, 8, 9]);
  expect(sent.every(({ method }) => method === 'SUBSCRIBE')).toBe(true);
  expect(sent.map(({ params }) => params.length)).toEqual([200, 200, 50]);
  expect(sent.flatMap(({ params }) => params)).toEqual(streams.map(({ name }) => name));
});
