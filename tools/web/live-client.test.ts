import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import type { Child } from './child.ts';
import { LiveClient, parseEventId } from './live-client.ts';
import type { LiveHub } from './live-hub.ts';
import type { DataQuestion } from './question.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };

/** A connection whose other side reads nothing. */
class DeafResponse extends EventEmitter {
  written = '';
  isEnded = false;
  get writableLength() {
    return this.written.length;
  }
  write(text: string) {
    this.written += text;
    return false;
  }
  end() {
    this.isEnded = true;
    this.emit('close');
  }
  destroy() {
    this.emit('close');
  }
}

it('leaves a client that does not read, with a bound on what is kept for it, and says so', () => {
  const response = new DeafResponse();
  const request = { instruments: [instrument], interval: '1s', fromUs: [undefined] } as const;
  const client = new LiveClient(response as unknown as ServerResponse, request);
  const bar = { startUs: 1e15, isFinal: true, text: 'x'.repeat(1000) };
  for (let i = 0; i < 5000; i++) client.takeBars('binance/BTCUSDT/1s', [bar]);
  expect(response.isEnded).toBe(true);
  expect(response.written.length).toBeLessThan(1_010_000);
  expect(response.written).toMatch(
    /event: end\ndata: {"reason":"what is sent is not read;[^\n]*\n\n$/,
  );
});

it('tells what is known, waits for raw that nobody has looked at, and then follows', async () => {
  const request = { instruments: [instrument], interval: '1m', fromUs: [60e6] } as const;
  const response = new DeafResponse();
  const client = new LiveClient(response as unknown as ServerResponse, request);
  const steps: string[] = [];
  const ask = async (question: Extract<DataQuestion, { about: 'live' }>) => {
    const looks = steps.push(`from ${question.watches[0]!.fromUs / 60e6}`);
    steps[looks - 1] += ` within ${question.freshWithinMs}`;
    const bars = Array.from({ length: 3 * looks }, (_, at) => ({ at }));
    const toBar = ({ at }: { at: number }) => ({
      startUs: (at + 1) * 60e6,
      isFinal: true,
      text: `bar${at + 1}.`,
    });
    const answer = [{ bars: bars.map(toBar), quote: null, isFresh: looks > 2 }];
    return { body: Buffer.from(JSON.stringify(answer)) };
  };
  const follow = () => {
    steps.push('follow');
    return () => {};
  };
  await client.start({ ask } as unknown as Child<DataQuestion>, { follow } as unknown as LiveHub);
  expect(steps).toEqual(['from 1 within 0', 'from 1 within 5000', 'from 2 within 5000', 'follow']);
  expect(response.written).toContain('bar9.');
  client.end('');
});

it('follows a symbol as soon as it has caught up, not when the others have', async () => {
  const instruments = ['BTCUSDT', 'ETHUSDT'].map((symbol) => ({ exchange: 'binance', symbol }));
  const request = { instruments, interval: '1s', fromUs: [1, 1] } as const;
  const client = new LiveClient(new DeafResponse() as unknown as ServerResponse, request);
  const steps: string[] = [];
  const ask = async ({ watches }: Extract<DataQuestion, { about: 'live' }>) => {
    steps.push(`catch up ${watches[0]!.instrument.symbol}`);
    return { body: Buffer.from('[{"bars":[],"quote":null}]') };
  };
  const follow = ({ symbol }: typeof instrument) => {
    steps.push(`follow ${symbol}`);
    return () => {};
  };
  const data = { ask } as unknown as Child<DataQuestion>;
  await client.start(data, { follow } as unknown as LiveHub);
  client.end('over');
  expect(steps).toEqual(
    ['BTCUSDT', 'ETHUSDT'].flatMap((symbol) => [`catch up ${symbol}`, `follow ${symbol}`]),
  );
});

it.each([
  ['1700000001000', 1, [1_700_000_001_000_000 - 120_000_000]],
  ['1700000001000,0', 2, [1_700_000_001_000_000 - 120_000_000, undefined]],
  ['1700000001000', 2, undefined],
  ['1;2', 1, undefined],
  ['', 1, undefined],
])('goes on from %j, of %i symbols, a little before it was left', (text, count, fromUs) => {
  expect(parseEventId(text, count, '1s')).toEqual(fromUs);
});
