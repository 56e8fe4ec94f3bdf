import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { binance } from '../exchanges/binance/binance.ts';
import { type FeedBench, listEvents, openFeedBench } from './feed-bench.ts';

let bench: FeedBench;

beforeEach(async () => {
  bench = await openFeedBench();
});
afterEach(() => bench.close());

const warnings = () => bench.logged.filter(({ level }) => level === 'warn');

describe('a feed that cannot connect', () => {
  test('tries again within 1.5 s each time, the other endpoints in turn', async () => {
    const wsUrls = [1, 2, 3].map((port) => `ws://127.0.0.1:${port}`);
    const tried: string[] = [];
    const { connectSocket } = await import('./socket.ts');
    const feed = bench.openFeed({
      plan: { ...bench.plan(), wsUrls },
      connect(url, handshakeMs) {
        tried.push(new URL(url).port);
        return connectSocket(url, handshakeMs);
      },
    });
    for (let attempt = 1; attempt <= 5; attempt++) {
      bench.tick();
      await bench.until(() => feed.state === 'waiting');
      expect(warnings().at(-1)?.reconnectInMs).toBe(1500);
      bench.clock.advance(1500);
    }
    expect(tried).toEqual(['1', '1', '2', '3', '1']);
    expect(feed.conn).toBe('c5');
  });

  test('leaves the exchange alone for as long as it says when it refuses', async () => {
    bench.exchange.refuseWith = { status: 429, retryAfterS: 90 };
    const feed = bench.openFeed();
    await bench.until(() => bench.logged.length > 0);
    expect(warnings()[0]).toMatchObject({ reconnectInMs: 90_000 });
    expect(warnings()[0]?.message).toContain('refused with status 429');
    bench.exchange.refuseWith = undefined;
    const other = bench.openFeed();
    await bench.pass(89_900);
    expect([feed.state, other.state]).toEqual(['waiting', 'waiting']);
    await bench.pass(200);
    await bench.goLive(feed);
    await bench.goLive(other);
  });
});

describe('a feed that has lost its connection', () => {
  test('connects again at once under a new name', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    await bench.pass(31_000);
    bench.exchange.sockets[0]!.terminate();
    await bench.until(() => feed.conn === 'c2');
    await bench.goLive(feed);
    expect(warnings()).toMatchObject([{ reconnectInMs: 0 }]);
    const lines = await bench.finish();
    const once = ['open', 'subscribed', 'close'];
    expect(listEvents(lines)).toEqual([...once, ...once]);
    const opened = lines.filter(({ event }) => event === 'open').map(({ conn }) => conn);
    expect(opened).toEqual(['c1', 'c2']);
  });

  test('backs off from an exchange that closes again and again', async () => {
    const feed = bench.openFeed();
    for (let round = 1; round <= 4; round++) {
      await bench.goLive(feed);
      await bench.deliver(round);
      bench.exchange.sockets.at(-1)!.close(1008, 'Too many requests');
      await bench.until(() => feed.state === 'waiting');
      await bench.pass(10_000);
    }
    expect(warnings().map(({ reconnectInMs }) => reconnectInMs)).toEqual([1000, 2000, 4000, 8000]);
  });

  test('lets others that fell with it go first', async () => {
    const feeds = [bench.openFeed(), bench.openFeed()];
    for (const feed of feeds) await bench.goLive(feed);
    await bench.deliver(1);
    await bench.pass(31_000);
    for (const socket of bench.exchange.openSockets) socket.terminate();
    await bench.until(() => warnings().length === 2);
    expect(warnings().map(({ reconnectInMs }) => reconnectInMs)).toEqual([0, 1000]);
  });
});

describe('a connection that has to go', () => {
  test.each([
    '{"e":"serverShutdown","E":1770123456789}',
    '{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}',
  ])('is replaced before it goes when the exchange says %s', async (notice) => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    bench.exchange.send(notice);
    await bench.until(() => bench.exchange.requests.length === 2);
    await bench.until(() => feed.connections[1]?.state === 'live');
    expect(feed.conn).toBe('c1');
    await bench.deliver(2);
    await bench.pass(1000);
    await bench.until(() => feed.conn === 'c2');
    expect(feed).toMatchObject({ state: 'live', handovers: 1, reconnects: 0 });
    const lines = await bench.finish('ETHUSDT');
    const events = (conn: string) => listEvents(lines.filter((line) => line.conn === conn));
    expect(events('c1')).toEqual(['open', 'subscribed', 'shutdown', 'handover', 'close']);
    expect(events('c2')).toEqual(['open', 'subscribed', 'close']);
    const handover = lines.find(({ event }) => event === 'handover');
    expect(handover).toMatchObject({ conn: 'c1', to: 'c2', reason: 'shutdown' });
    const kept = lines.filter(({ msg }) => JSON.stringify(msg)?.includes('"t":2'));
    expect(kept.map(({ conn }) => conn).sort()).toEqual(['c1', 'c2']);
  });

  test('is replaced before the exchange cuts it, each at a time of its own', async () => {
    for (const random of [() => 0, () => 1]) {
      const feed = bench.openFeed({ random });
      await bench.goLive(feed);
      await bench.deliver(1);
      const spreadMs = random() * 2 * 3_600_000;
      bench.clock.advance(binance.limits.connectionLifetimeMs - spreadMs - 200);
      feed.tick(bench.clock.monotonicMs());
      expect(feed.connections.length).toBe(1);
      await bench.pass(200);
      expect(feed.connections.length).toBe(2);
      feed.stop();
      await feed.stopped;
    }
  });

  test('goes on while the next one fails, and is kept until one delivers', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    const first = bench.exchange.sockets[0]!;
    bench.exchange.answer = () => undefined;
    first.send('{"e":"serverShutdown","E":1}');
    let id = 1;
    const goOn = async (isTrue: () => boolean) => {
      while (!isTrue()) {
        await bench.deliver(++id, [first]);
        await bench.pass(1000);
      }
    };
    await goOn(() => warnings().length === 1);
    expect(warnings()[0]?.message).toBe('hand over connection c1 to c2: no acknowledgement');
    bench.exchange.answer = ({ id }) => JSON.stringify({ result: null, id });
    const why = 'does not deliver what the other one does';
    await goOn(() => warnings().at(-1)?.message.includes(why) ?? false);
    expect(feed).toMatchObject({ conn: 'c1', state: 'live' });
    await goOn(() => feed.connections[1]?.state === 'live');
    await bench.deliver(++id);
    await bench.pass(1000);
    expect(feed).toMatchObject({ state: 'live', handovers: 1, reconnects: 0 });
    const ids = (await bench.finish()).flatMap(({ msg }) =>
      msg === undefined ? [] : ((msg as { data: { t?: number } }).data.t ?? []),
    );
    expect(new Set(ids).size).toBe(id);
  });

  test('and is cut before the next one is ready leaves the next one in its place', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    bench.exchange.send('{"e":"serverShutdown","E":1}');
    await bench.until(() => feed.connections.length === 2);
    bench.exchange.sockets[0]!.close(1001);
    await bench.until(() => feed.conn === 'c2');
    await bench.goLive(feed);
    expect(feed).toMatchObject({ handovers: 0, reconnects: 1 });
    expect(bench.exchange.sockets.length).toBe(2);
  });

  test('waits for the other lane to have done', async () => {
    const { HandoverTurn } = await import('./handover-turn.ts');
    const turn = new HandoverTurn();
    const feeds = [bench.openFeed({ turn }), bench.openFeed({ turn, lane: 1 })] as const;
    for (const feed of feeds) await bench.goLive(feed);
    await bench.deliver(1);
    for (const socket of bench.exchange.openSockets) socket.send('{"e":"serverShutdown","E":1}');
    await bench.until(() => feeds[0].connections.length + feeds[1].connections.length === 3);
    await bench.pass(500);
    expect(feeds[0].connections.length + feeds[1].connections.length).toBe(3);
    for (let id = 2; id <= 8; id++) {
      await bench.deliver(id);
      await bench.pass(1000);
      const replaced = feeds.map(({ connections }) => connections.length);
      expect(replaced).not.toEqual([2, 2]);
    }
    expect(feeds.map(({ handovers }) => handovers)).toEqual([1, 1]);
  });

  test('hands over to one that listens to something else; what stays misses nothing', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    feed.change(bench.plan(['BTCUSDT', 'SOLUSDT']));
    await bench.until(() => feed.connections[1]?.state === 'live');
    const sockets = bench.exchange.openSockets;
    await bench.deliver(2, sockets, ['BTCUSDT']);
    await bench.pass(1000);
    await bench.until(() => feed.conn === 'c2');
    await bench.deliver(3, [sockets[1]!], ['BTCUSDT', 'SOLUSDT']);
    const lines = await bench.finish('BTCUSDT');
    expect(lines.find(({ event }) => event === 'handover')).toMatchObject({
      reason: 'configuration',
    });
    const names = bench.exchange.requests.map(({ params }) => params);
    expect(names[1]).toEqual(bench.plan(['BTCUSDT', 'SOLUSDT']).streams.map(({ name }) => name));
  });
});

describe('a connection with nobody at the other end', () => {
  test('is noticed within 10 s, replaced while it stands, and given up when the next delivers', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    await bench.pass(5000);
    const first = bench.exchange.sockets[0]!;
    first.pause();
    await bench.pass(9000);
    await bench.until(() => feed.connections[1]?.state === 'live');
    expect(feed.downSinceMs).toBeDefined();
    for (let id = 2; id <= 4; id++) {
      await bench.deliver(id, [bench.exchange.sockets[1]!]);
      await bench.pass(1000);
    }
    expect(feed.conn).toBe('c2');
    const lines = await bench.finish();
    expect(lines.find(({ event }) => event === 'handover')).toMatchObject({ reason: 'idle' });
  });

  test('is none that is quiet: pongs alone keep it alive', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    await bench.deliver(1);
    await bench.pass(50_000);
    expect(feed).toMatchObject({ conn: 'c1', state: 'live', handovers: 0 });
    expect(feed.connections.length).toBe(1);
  });

  test('is none while reading is held back, however long', async () => {
    let isPaused = false;
    const feed = bench.openFeed({ isPaused: () => isPaused });
    await bench.goLive(feed);
    await bench.deliver(1);
    isPaused = true;
    feed.pause();
    for (let second = 0; second < 300; second++) {
      bench.clock.advance(1000);
      bench.tick();
    }
    isPaused = false;
    feed.resume();
    await bench.pass(1000);
    await bench.deliver(2);
    expect(feed).toMatchObject({ conn: 'c1', state: 'live', handovers: 0, reconnects: 0 });
  });

  test('is none where our own process stood still', async () => {
    const feed = bench.openFeed();
    await bench.goLive(feed);
    for (let second = 1; second <= 90; second++) {
      await bench.deliver(second);
      await bench.pass(1000);
    }
    bench.clock.advance(600_000);
    await bench.pass(3000);
    expect(feed.connections.length).toBe(1);
    expect(feed.failures).toEqual([]);
    expect(listEvents(await bench.finish())).not.toContain('stale');
  });
});

test('a connection whose requests are not answered is replaced', async () => {
  bench.exchange.answer = () => undefined;
  const feed = bench.openFeed();
  await bench.until(() => bench.exchange.requests.length > 0);
  await bench.pass(10_300);
  await bench.until(() => feed.connections.length === 2);
  bench.exchange.answer = ({ id }) => JSON.stringify({ result: null, id });
  await bench.until(() => feed.connections[1]?.state === 'live');
  await bench.deliver(1, [bench.exchange.sockets[1]!]);
  await bench.pass(1000);
  await bench.until(() => feed.conn === 'c2');
  expect((await bench.finish()).find(({ event }) => event === 'handover')).toMatchObject({
    reason: 'no acknowledgement',
  });
});
