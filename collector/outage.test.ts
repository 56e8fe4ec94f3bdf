import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { binance } from '../exchanges/binance/binance.ts';
import type { Feed } from './feed.ts';
import { type FeedBench, openFeedBench } from './feed-bench.ts';

let bench: FeedBench;

beforeEach(async () => {
  bench = await openFeedBench();
});
afterEach(() => bench.close());

/** Time passes while attempts come to their end. */
async function pass(feeds: readonly Feed[], ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 100) {
    bench.clock.advance(100);
    await bench.until(() => feeds.every(({ state }) => state !== 'connecting'));
  }
}

async function openSteady(count: number, random: () => number): Promise<Feed[]> {
  const feeds = Array.from({ length: count }, () => bench.openFeed({ random }));
  for (const feed of feeds) await bench.goLive(feed);
  await bench.deliver(1);
  await bench.pass(31_000);
  return feeds;
}

describe('after a cut of', () => {
  test.each([
    ['1 s, one feed', 1000, 1],
    ['1 minute, one feed', 60_000, 1],
    ['5 minutes, six feeds', 300_000, 6],
  ])('%s: every feed is connected within 2 s of the return', async (_name, cutMs, count) => {
    let state = 1;
    const random = () => {
      state = (state * 16_807) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const feeds = await openSteady(count, random);
    const before = bench.exchange.attempts;
    bench.exchange.cut();
    await bench.until(() => feeds.every(({ state }) => state !== 'live'));
    await pass(feeds, cutMs);
    expect(feeds.every(({ state }) => state === 'waiting')).toBe(true);
    bench.exchange.isCut = false;
    await pass(feeds, 2000);
    for (const feed of feeds) await bench.goLive(feed);
    const { count: allowed, windowMs } = binance.limits.connects;
    const windows = Math.ceil((cutMs + 2000) / windowMs);
    expect(bench.exchange.attempts - before).toBeLessThanOrEqual(allowed * windows);
    // Six feeds together knock no more often than one.
    if (cutMs === windowMs) expect(bench.exchange.attempts - before).toBeLessThan(260);
  });
});

test('a feed that comes back between two ticks no longer knocks for the others', async () => {
  const feeds = await openSteady(2, () => 0);
  bench.exchange.sockets[0]!.terminate();
  await bench.until(() => feeds[0]!.conn === 'c3' && feeds[0]!.state === 'live');
  bench.exchange.sockets[2]!.terminate();
  await bench.until(() => feeds[0]!.state === 'waiting');
  bench.clock.advance(1500);
  bench.tick();
  // No tick until it is subscribed.
  await bench.exchange.until(() => bench.exchange.requests.length >= 4);
  await vi.waitUntil(() => feeds[0]!.state === 'live', { interval: 1 });
  bench.exchange.sockets[1]!.terminate();
  await bench.until(() => feeds[1]!.state === 'live' && feeds[1]!.reconnects === 1);
});
