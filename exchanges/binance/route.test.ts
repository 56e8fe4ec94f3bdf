import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoutedFrame } from '../exchange.ts';
import { createRouter } from './route.ts';
import { findStream } from './streams.ts';

const symbols = ['BTCUSDT', 'ETHUSDT', 'T', '币安人生USDT', '1000SATSUSDT', 'EUSDT'];
const streams = symbols.flatMap((symbol) => [
  findStream(symbol, 'trade'),
  findStream(symbol, 'bookTicker'),
]);
const route = createRouter(streams);

function routeText(text: string | Buffer): RoutedFrame {
  // What an earlier frame left behind must never show.
  const found: RoutedFrame = { stream: 7, eventUs: 7, tradeId: 7 };
  route(Buffer.from(text as string), found);
  return found;
}

const price = fc.tuple(fc.nat(99_999_999), fc.nat(99_999_999)).map(([a, b]) => `${a}.${b}`);
const timeMs = fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 });
const timeUs = fc.integer({ min: 1_000_000_000_000_000, max: 9_007_199_254_740_991 });
const tradeId = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

const trade = fc
  .record({
    symbol: fc.constantFrom(...symbols, 'UNKNOWNUSDT'),
    eventTime: fc.oneof(timeMs, timeUs),
    id: tradeId,
    price,
    // Order ids of buyer and seller, in the payload until 2024.
    orderIds: fc.option(fc.tuple(fc.nat(), fc.nat()), { nil: undefined }),
  })
  .map(({ symbol, eventTime, id, price: p, orderIds }) => {
    const orders = orderIds === undefined ? {} : { b: orderIds[0], a: orderIds[1] };
    const payload = { e: 'trade', E: eventTime, s: symbol, t: id, p, q: p, ...orders };
    const data = { ...payload, T: eventTime - 1, m: true, M: true };
    return { stream: `${symbol.toLowerCase()}@trade`, data };
  });

const quote = fc
  .record({ symbol: fc.constantFrom(...symbols, 'UNKNOWNUSDT'), u: fc.nat(), price })
  .map(({ symbol, u, price: p }) => ({
    stream: `${symbol.toLowerCase()}@bookTicker`,
    data: { u, s: symbol, b: p, B: p, a: p, A: p },
  }));

const foreign = fc.oneof(
  fc.json(),
  fc.nat().map((id) => JSON.stringify({ result: null, id })),
  fc.constant('{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1770123456789}}'),
  fc.constant('{"data":{"e":"trade","E":1770123456789},"stream":"btcusdt@trade"}'),
);

/** What the router must find, by a full parse. */
function expected(text: string): RoutedFrame {
  const frame: unknown = JSON.parse(text);
  const isCombined = text.startsWith('{"stream":"') && text.includes('","data":{');
  const { stream: name, data } = (isCombined ? frame : {}) as {
    stream?: string;
    data?: { e?: string; E: number; t: number };
  };
  const stream = streams.findIndex((known) => known.name === name);
  if (stream < 0 || data?.e !== 'trade') return { stream, eventUs: 0, tradeId: -1 };
  return { stream, eventUs: data.E < 1e13 ? data.E * 1000 : data.E, tradeId: data.t };
}

describe('the router', () => {
  test('finds what a full parse finds, in any payload', () => {
    const frame = fc.oneof(
      trade.map((value) => JSON.stringify(value)),
      quote.map((value) => JSON.stringify(value)),
      foreign,
    );
    fc.assert(
      fc.property(frame, (text) => {
        expect(routeText(text)).toEqual(expected(text));
      }),
      { numRuns: 2000 },
    );
  });

  test('reports no number that the end of a frame cuts off, at whatever byte it is cut', () => {
    fc.assert(
      fc.property(trade, fc.nat(400), (value, cut) => {
        const whole = JSON.stringify(value);
        const found = routeText(Buffer.from(whole).subarray(0, cut));
        const truth = expected(whole);
        expect([-1, truth.stream]).toContain(found.stream);
        expect([0, truth.eventUs]).toContain(found.eventUs);
        expect([-1, truth.tradeId]).toContain(found.tradeId);
      }),
      { numRuns: 2000 },
    );
  });

  test('survives any bytes, also after a genuine beginning', () => {
    const heads = ['', '{"stream":"', '{"stream":"btcusdt@trade","data":{"e":"trade","E":'];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 200 }), (head, tail) => {
        const found = routeText(Buffer.concat([Buffer.from(head), tail]));
        expect(found.stream).toBeGreaterThanOrEqual(-1);
        expect(found.stream).toBeLessThan(streams.length);
      }),
    );
  });

  test('tells every stream of a full connection apart', () => {
    const many = Array.from({ length: 1024 }, (_, i) => findStream(`A${i}USDT`, 'trade'));
    const routeMany = createRouter(many);
    for (const [index, { name, symbol }] of many.entries()) {
      const found: RoutedFrame = { stream: -1, eventUs: 0, tradeId: -1 };
      const data = `{"e":"trade","E":1770123456789,"s":"${symbol}","t":1,`;
      routeMany(Buffer.from(`{"stream":"${name}","data":${data}`), found);
      expect(found.stream).toBe(index);
    }
  });
});
