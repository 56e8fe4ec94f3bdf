// Real sockets; the clock moves only when told, so every period and limit is exact.

import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { openSimulator, type Simulator, type SimulatorOptions } from './server.ts';
import { createManualClock, findRefusal, openClient } from './test-client.ts';

const open: Simulator[] = [];

async function start(options: SimulatorOptions = {}) {
  const clock = createManualClock();
  const simulator = await openSimulator({ clock, tickMs: 0, ...options });
  open.push(simulator);
  /** Lets the exchange's time pass. */
  const pass = (ms: number) => {
    clock.advance(ms);
    simulator.tick();
  };
  return { simulator, clock, pass };
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((simulator) => simulator.close()));
});

describe('streams', () => {
  it('come wrapped on /stream and unwrapped on /ws, with the same payload', async () => {
    const { simulator, pass } = await start();
    const wrapped = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    const plain = await openClient(`${simulator.wsUrl}/ws/btcusdt@trade`);
    pass(1000);
    const [message] = await wrapped.take(1);
    expect(await plain.take(1)).toEqual([JSON.stringify(JSON.parse(message!).data)]);
    expect(message).toMatch(
      /^\{"stream":"btcusdt@trade","data":\{"e":"trade","E":\d{13},"s":"BTCUSDT","t":\d+,"p":"\d+\.\d{8}","q":"\d+\.\d{8}","T":\d{13},"m":(true|false),"M":true\}\}$/,
    );
  });

  it('carry every trade of the truth once, in order, on every connection', async () => {
    const { simulator, pass } = await start({ symbols: ['BTCUSDT', 'DOTUSDT'] });
    const url = `${simulator.wsUrl}/stream?timeUnit=microsecond&streams=btcusdt@trade/dotusdt@trade`;
    const clients = await Promise.all([openClient(url), openClient(url)]);
    const fromUs = simulator.nowUs();
    for (let step = 0; step < 150; step++) pass(200);
    const untilUs = simulator.nowUs() - 100_000;
    for (const symbol of ['BTCUSDT', 'DOTUSDT']) {
      const truth = simulator.truth.trades(symbol, fromUs, untilUs);
      expect(truth.length).toBeGreaterThan(5);
      for (const client of clients) {
        const answer = client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
        await answer;
        const ids = client.messages
          .map((text) => JSON.parse(text).data)
          .filter(({ s }) => s === symbol)
          .map(({ t }) => t);
        expect(ids.slice(0, truth.length)).toEqual(truth.map(({ id }) => id));
      }
    }
  });

  it('are the same whatever the pace at which time passes and who listens', async () => {
    const record = async (steps: readonly number[]) => {
      const { simulator, pass } = await start({ symbols: ['ETHUSDT'], seed: 5 });
      const client = await openClient(`${simulator.wsUrl}/ws/ethusdt@trade/ethusdt@bookTicker`);
      let left = 2000;
      for (const step of steps) {
        pass(Math.min(step, left));
        left -= Math.min(step, left);
      }
      pass(left);
      await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
      await simulator.close();
      return client.messages.join('\n');
    };
    const expected = await record([]);
    expect(expected.length).toBeGreaterThan(1000);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 20 }),
        async (steps) => (await record(steps)) === expected,
      ),
      { numRuns: 10 },
    );
  });

  it('begin with the moment of the subscription, whatever happened before it', async () => {
    const { simulator, pass } = await start();
    pass(5300);
    const fromUs = simulator.nowUs();
    const client = await openClient(`${simulator.wsUrl}/ws/btcusdt@trade`);
    pass(5000);
    const { t } = await client.takeJson();
    const earlier = simulator.truth.trades('BTCUSDT', fromUs - 1_000_000, fromUs - 2000);
    expect(earlier.length).toBeGreaterThan(0);
    expect(t).toBeGreaterThan(earlier.at(-1)!.id);
  });

  it('of unknown and uppercase names are acknowledged and stay silent', async () => {
    const { simulator, pass } = await start({ symbols: ['BTCUSDT'] });
    const client = await openClient(`${simulator.wsUrl}/stream`);
    const params = ['BTCUSDT@trade', 'nosuch@trade', 'btcusdt@nosuch'];
    expect(await client.request({ method: 'SUBSCRIBE', params, id: 1 })).toBe(
      '{"result":null,"id":1}',
    );
    pass(10_000);
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
    expect(client.messages).toEqual([]);
  });

  it('end with UNSUBSCRIBE and change their form with SET_PROPERTY', async () => {
    const { simulator, pass } = await start();
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@bookTicker`);
    await client.request({ method: 'SET_PROPERTY', params: ['combined', false], id: 1 });
    pass(500);
    const quote = await client.takeJson();
    expect(Object.keys(quote)).toEqual(['u', 's', 'b', 'B', 'a', 'A']);
    await client.request({ method: 'UNSUBSCRIBE', params: ['btcusdt@bookTicker'], id: 2 });
    client.messages.length = 0;
    pass(5000);
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 3 });
    expect(client.messages).toEqual([]);
  });

  it('of aggregate trades chain without a hole and add up to the trades', async () => {
    const { simulator, pass } = await start({ symbols: ['SOLUSDT'] });
    const client = await openClient(`${simulator.wsUrl}/ws/solusdt@aggTrade`);
    for (let step = 0; step < 100; step++) pass(97);
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    const aggregates = client.messages.map((text) => JSON.parse(text));
    expect(aggregates.length).toBeGreaterThan(20);
    for (const [index, aggregate] of aggregates.entries()) {
      const before = aggregates[index - 1];
      if (before !== undefined)
        expect([aggregate.f, aggregate.a]).toEqual([before.l + 1, before.a + 1]);
    }
    expect(aggregates.some(({ f, l }) => l > f)).toBe(true);
  });

  it('of klines close each second with what the truth says of it', async () => {
    const { simulator, pass } = await start({ symbols: ['ADAUSDT'] });
    const client = await openClient(`${simulator.wsUrl}/ws/adausdt@kline_1s/adausdt@kline_1m`);
    const fromUs = simulator.nowUs();
    for (let step = 0; step < 650; step++) pass(100);
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    const klines = client.messages.map((text) => JSON.parse(text).k);
    const seconds = klines.filter(({ i }) => i === '1s');
    const truth = simulator.truth.klines('ADAUSDT', '1s', fromUs, fromUs + 64_000_000);
    expect(seconds.length).toBeGreaterThanOrEqual(64);
    for (const [index, kline] of truth.entries()) {
      const { t, n, x, f, o } = seconds.find(({ t }) => t === kline.openTimeUs / 1000);
      expect([t, n, x, f]).toEqual([t, kline.tradeCount, true, kline.firstTradeId]);
      if (n === 0 && index > 0) expect(Number(o)).toBe(Number(truth[index - 1]!.close) / 1e8);
    }
    const minute = klines.find(({ i, x, t }) => i === '1m' && x && t === fromUs / 1000);
    const count = truth.slice(0, 60).reduce((sum, { tradeCount }) => sum + tradeCount, 0);
    expect(minute).toMatchObject({ t: fromUs / 1000, T: fromUs / 1000 + 59_999, n: count });
  });
});

describe('limits', () => {
  const lists = (count: number) =>
    Array.from({ length: count }, (_, id) => JSON.stringify({ method: 'LIST_SUBSCRIPTIONS', id }));

  it('close with 1008 at the sixth message within a second, pings and pongs included', async () => {
    const { simulator, clock } = await start();
    const client = await openClient(`${simulator.wsUrl}/ws`);
    for (const text of lists(5)) client.ws.send(text);
    await client.take(5);
    clock.advance(1001);
    client.ws.send(lists(1)[0]!);
    client.ws.ping();
    client.ws.pong();
    for (const text of lists(3)) client.ws.send(text);
    expect(await client.closed).toEqual({ code: 1008, reason: 'Too many requests' });
    expect(client.messages).toHaveLength(3);
  });

  it('answer more than 1024 streams with an error, then 1008', async () => {
    const { simulator } = await start();
    const client = await openClient(`${simulator.wsUrl}/stream?streams=a@trade`);
    const params = Array.from({ length: 1024 }, (_, index) => `s${index}@trade`);
    client.ws.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: 8 }));
    expect(await client.take(1)).toEqual([
      '{"error":{"code":4,"msg":"Too many subscriptions"},"id":8}',
    ]);
    expect((await client.closed).code).toBe(1008);
  });

  it('refuse the 301st connection of five minutes with 429', async () => {
    const { simulator, clock } = await start({ limits: { connects: 3 } });
    for (let index = 0; index < 3; index++) await openClient(`${simulator.wsUrl}/ws`);
    expect(await findRefusal(`${simulator.wsUrl}/ws`)).toBe(429);
    clock.advance(5 * 60_000);
    await openClient(`${simulator.wsUrl}/ws`);
  });

  it('refuse paths that are no stream with 404', async () => {
    const { simulator } = await start();
    expect(await findRefusal(`${simulator.wsUrl}/nothing`)).toBe(404);
  });

  it('disconnect a client that leaves too much unread with 1008', async () => {
    const { simulator, pass } = await start({
      limits: { maxBufferedBytes: 300_000, pongDeadlineMs: 1e12 },
    });
    const client = await openClient(`${simulator.wsUrl}/ws/btcusdt@bookTicker`);
    client.ws.pause();
    for (let step = 0; step < 400; step++) {
      pass(2000);
      await setImmediate();
    }
    client.ws.resume();
    expect(await client.closed).toEqual({ code: 1008, reason: 'Client too slow' });
  });
});

describe('keep-alive', () => {
  it('pings every 20 s and keeps a connection that copies the payload', async () => {
    const { simulator, pass } = await start();
    const client = await openClient(`${simulator.wsUrl}/ws`);
    for (let id = 1; id <= 5; id++) {
      const ping = once(client.ws, 'ping');
      pass(20_000);
      const [payload] = await ping;
      expect(String(payload)).toMatch(/^\d+$/);
      // The answer comes after the pong, so the pong has arrived.
      await client.request({ method: 'LIST_SUBSCRIPTIONS', id });
    }
    expect(simulator.connections()).toHaveLength(1);
  });

  it('closes a connection that answers with an empty pong within 60 s', async () => {
    const { simulator, pass } = await start();
    const client = await openClient(`${simulator.wsUrl}/ws`, { autoPong: false });
    const ping = once(client.ws, 'ping');
    pass(20_000);
    await ping;
    client.ws.pong();
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    pass(59_999);
    expect(simulator.connections()).toHaveLength(1);
    pass(1);
    expect(await client.closed).toEqual({ code: 1008, reason: 'Pong timeout' });
  });

  it('ends a connection after 24 hours', async () => {
    const { simulator, pass } = await start({ limits: { pongDeadlineMs: 1e12 } });
    const client = await openClient(`${simulator.wsUrl}/ws`);
    pass(24 * 3_600_000 - 1);
    expect(simulator.connections()).toHaveLength(1);
    pass(1);
    expect((await client.closed).code).toBe(1001);
  });
});
