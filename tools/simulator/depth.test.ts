import { afterEach, describe, expect, it } from 'vitest';
import { openSimulator, type Simulator } from './server.ts';
import { createManualClock, openClient } from './test-client.ts';

type Levels = [string, string][];
type Update = { U: number; u: number; b: Levels; a: Levels; E: number };

let simulator: Simulator;

afterEach(() => simulator.close());

async function start() {
  const clock = createManualClock();
  simulator = await openSimulator({ clock, tickMs: 0, symbols: ['ETHUSDT'] });
  return (ms: number) => {
    clock.advance(ms);
    simulator.tick();
  };
}

async function fetchDepth(limit = 5000) {
  const answer = await fetch(`${simulator.restUrl}/api/v3/depth?symbol=ETHUSDT&limit=${limit}`);
  return (await answer.json()) as { lastUpdateId: number; bids: Levels; asks: Levels };
}

function apply(side: Map<string, string>, levels: Levels): void {
  for (const [price, quantity] of levels) {
    if (Number(quantity) === 0) side.delete(price);
    else side.set(price, quantity);
  }
}

const sorted = (levels: Iterable<[string, string]>) =>
  [...levels].sort(([a], [b]) => Number(a) - Number(b));

describe('the order book', () => {
  it.each(['depth@100ms', 'depth'])(
    'can be kept from a snapshot and %s updates',
    async (channel) => {
      const pass = await start();
      const client = await openClient(`${simulator.wsUrl}/ws/ethusdt@${channel}`);
      for (let step = 0; step < 13; step++) pass(130);
      const snapshot = await fetchDepth();
      for (let step = 0; step < 40; step++) pass(170);
      pass(1000 - ((simulator.nowUs() / 1000) % 1000));
      await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
      const updates: Update[] = client.messages.map((text) => JSON.parse(text));
      expect(updates.length).toBeGreaterThan(5);
      const bids = new Map(snapshot.bids);
      const asks = new Map(snapshot.asks);
      for (const [index, update] of updates.entries()) {
        const before = updates[index - 1];
        if (before !== undefined) expect(update.U).toBe(before.u + 1);
        if (update.u <= snapshot.lastUpdateId) continue;
        apply(bids, update.b);
        apply(asks, update.a);
      }
      expect(
        updates.some(({ U, u }) => U <= snapshot.lastUpdateId + 1 && u > snapshot.lastUpdateId),
      ).toBe(true);
      const now = await fetchDepth();
      expect(now.lastUpdateId).toBe(updates.at(-1)!.u);
      expect(sorted(bids)).toEqual(sorted(now.bids));
      expect(sorted(asks)).toEqual(sorted(now.asks));
    },
  );

  it('has snapshots that end where an update of the fast stream ends', async () => {
    const pass = await start();
    const client = await openClient(`${simulator.wsUrl}/ws/ethusdt@depth@100ms`);
    pass(1000);
    const snapshotIds: number[] = [];
    for (let step = 0; step < 20; step++) {
      pass(130);
      snapshotIds.push((await fetchDepth(5)).lastUpdateId);
    }
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    const updateIds = client.messages.map((text) => JSON.parse(text).u);
    expect(snapshotIds.filter((id) => !updateIds.includes(id))).toEqual([]);
  });

  it('has the last quote at its top, and partial depth shows its best levels', async () => {
    const pass = await start();
    const client = await openClient(
      `${simulator.wsUrl}/ws/ethusdt@bookTicker/ethusdt@depth5@100ms`,
    );
    for (let step = 0; step < 20; step++) pass(100);
    await client.request({ method: 'LIST_SUBSCRIPTIONS', id: 1 });
    const frames = client.messages.map((text) => JSON.parse(text));
    const quote = frames.findLast((frame) => 'B' in frame);
    const partial = frames.findLast((frame) => 'lastUpdateId' in frame);
    expect(partial.bids[0]).toEqual([quote.b, quote.B]);
    expect(partial.asks[0]).toEqual([quote.a, quote.A]);
    expect(partial.lastUpdateId).toBeGreaterThanOrEqual(quote.u);
    expect(await fetchDepth(5)).toEqual(partial);
    const prices = partial.bids.map(([price]: [string]) => Number(price));
    expect(prices).toEqual(prices.toSorted((a: number, b: number) => b - a));
    expect(partial.bids).toHaveLength(5);
  });
});
