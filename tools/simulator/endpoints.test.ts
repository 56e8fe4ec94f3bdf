import { afterEach, describe, expect, it } from 'vitest';
import { openSimulator, type Simulator, type SimulatorOptions } from './server.ts';
import { createManualClock, findRefusal, noonUs, openClient } from './test-client.ts';

let simulator: Simulator;
const clock = createManualClock();

afterEach(() => simulator.close());

async function open(options: SimulatorOptions): Promise<void> {
  const market = { symbols: ['BTCUSDT'], historyMs: 60_000 };
  simulator = await openSimulator({ clock, tickMs: 0, ...market, ...options });
}

/** Publishes so many milliseconds, a tenth of a second at a time. */
function run(ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += 100) {
    clock.advance(100);
    simulator.tick();
  }
}

describe('two endpoints', () => {
  it('serve the same frames, and one can be cut off alone', async () => {
    await open({ endpoints: 2 });
    const [first, second] = await Promise.all(
      simulator.wsUrls.map((url) => openClient(`${url}/stream?streams=btcusdt@trade`)),
    );
    run(2000);
    const some = await first!.take(3);
    expect(await second!.take(3)).toEqual(some);
    simulator.faults.cutNetwork(1);
    await second!.closed;
    run(2000);
    await first!.take(3);
    expect(simulator.connections().map(({ endpoint }) => endpoint)).toEqual([0]);
    expect(await findRefusal(`${simulator.wsUrls[1]}/stream`)).toBe(0);
    simulator.faults.restoreNetwork(1);
    await openClient(`${simulator.wsUrls[1]}/stream?streams=btcusdt@trade`);
    simulator.faults.refuseConnects(0);
    expect(await findRefusal(`${simulator.wsUrls[0]}/stream`)).toBe(0);
    await openClient(`${simulator.wsUrls[1]}/stream?streams=btcusdt@trade`);
    simulator.faults.reset({ endpoint: 0 });
    await first!.closed;
    expect(simulator.connections().map(({ endpoint }) => endpoint)).toEqual([1, 1]);
  });
});

describe('limits seen', () => {
  it('say the most of each that any client has reached', async () => {
    await open({ endpoints: 2 });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    const params = ['btcusdt@bookTicker', 'btcusdt@aggTrade'];
    await client.request({ method: 'SUBSCRIBE', params, id: 1 });
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
    await openClient(`${simulator.wsUrls[1]}/stream`);
    await fetch(`${simulator.restUrl}/api/v3/trades?symbol=BTCUSDT`);
    simulator.faults.ban(1000);
    await fetch(`${simulator.restUrl}/api/v3/trades?symbol=BTCUSDT`);
    const seen = await fetch(`${simulator.restUrl}/control/limits`);
    expect(await seen.json()).toEqual({
      weightPerMinute: 25,
      limited: 0,
      banned: 1,
      connects: 2,
      connectsPerWindow: 2,
      refusedConnects: 0,
      messagesPerSecond: 2,
      streamsPerConnection: 3,
      closedForLimits: 0,
    });
  });
});

describe('REST', () => {
  it('forgets trades that are older than it is told, and goes on to the newer ones', async () => {
    await open({ restHistoryMs: 10_000 });
    const get = async (path: string) =>
      (await fetch(`${simulator.restUrl}/api/v3/${path}&symbol=BTCUSDT&limit=1000`)).json();
    const [oldest] = simulator.truth.trades('BTCUSDT', 0, 1e18);
    const recent = simulator.truth.trades('BTCUSDT', simulator.nowUs() - 10_000_000, 1e18);
    const trades = (await get(`historicalTrades?fromId=${oldest!.id}`)) as { id: number }[];
    expect(trades[0]!.id).toBe(recent[0]!.id);
    expect(trades).toHaveLength(recent.length);
    const startTime = Math.floor(oldest!.timeUs / 1000);
    const aggregates = (await get(`aggTrades?startTime=${startTime}`)) as { f: number }[];
    expect(aggregates[0]!.f).toBe(recent[0]!.id);
    const klines = (await get(`klines?interval=1s&startTime=${startTime}`)) as number[][];
    expect(klines[0]![0]).toBe(Math.ceil(startTime / 1000) * 1000);
  });

  it('does not serve what a host for market data alone does not', async () => {
    await open({ absentPaths: ['/api/v3/historicalTrades'] });
    const ask = (path: string) => fetch(`${simulator.restUrl}/api/v3/${path}?symbol=BTCUSDT`);
    expect((await ask('historicalTrades')).status).toBe(404);
    expect((await ask('trades')).status).toBe(200);
  });
});

describe('maintenance', () => {
  const startUs = noonUs;
  const [fromUs, untilUs] = [startUs + 2_000_000, startUs + 5_000_000];

  it('has no trades and no klines, and loses no trade', async () => {
    await open({ startUs, pauses: [{ fromUs, untilUs }] });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    run(7000);
    const published = simulator.truth.trades('BTCUSDT', startUs, startUs + 7_000_000);
    const frames = await client.take(published.length);
    const ids = frames.map((text) => JSON.parse(text).data.t);
    expect(ids).toEqual(published.map(({ id }) => id));
    expect(ids).toEqual(ids.map((_, index) => ids[0] + index));
    const inside = published.filter(({ eventUs }) => eventUs >= fromUs && eventUs < untilUs);
    expect(inside).toEqual([]);
    expect(published.findLast(({ timeUs }) => timeUs < fromUs)).toBeDefined();
    const klines = simulator.truth.klines('BTCUSDT', '1s', startUs, startUs + 7_000_000);
    expect(klines.map(({ openTimeUs }) => (openTimeUs - startUs) / 1e6)).toEqual([0, 1, 5, 6]);
  });

  it('can begin while the exchange runs, and moves nothing that was published', async () => {
    await open({ startUs });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    run(1500);
    const before = simulator.truth.trades('BTCUSDT', startUs, startUs + 1_500_000);
    simulator.faults.pauseTrading(3000);
    run(8000);
    const published = simulator.truth.trades('BTCUSDT', startUs, startUs + 9_500_000);
    expect(published.slice(0, before.length)).toEqual(before);
    const frames = await client.take(published.length);
    expect(frames.map((text) => JSON.parse(text).data.t)).toEqual(published.map(({ id }) => id));
    const seconds = new Set(published.map(({ timeUs }) => Math.floor((timeUs - startUs) / 1e6)));
    expect([...seconds]).toEqual([0, 1, 2, 7, 8, 9]);
  });
});
