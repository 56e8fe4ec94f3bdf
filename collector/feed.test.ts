import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { binance } from '../exchanges/binance/binance.ts';
import type { Log } from '../lake/log.ts';
import { ChunkPool } from './chunk-pool.ts';
import { ConnectPacing } from './connect-pacing.ts';
import { FakeClock } from './fake-clock.ts';
import { Feed } from './feed.ts';
import { openPartFile } from './part-file.ts';
import { Recorder } from './recorder.ts';
import { planRotationLimits } from './rotation.ts';
import {
  formatFrame,
  openScriptedExchange,
  parseLines,
  type RawLine,
  readParts,
  type ScriptedExchange,
} from './scripted-exchange.ts';
import { connectSocket } from './socket.ts';
import { Turnstile } from './turnstile.ts';

const symbols = ['BTCUSDT', 'ETHUSDT'];
type Logged = { level: string; message: string; [field: string]: unknown };

let root: string;
let exchange: ScriptedExchange;
let clock: FakeClock;
let recorders: Recorder[];
let logged: Logged[];
let feed: Feed;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'feed-'));
  exchange = await openScriptedExchange();
  clock = new FakeClock();
  logged = [];
});
afterEach(async () => {
  feed.stop();
  await feed.stopped;
  for (const recorder of recorders) await recorder.finish();
  await exchange.close();
  await rm(root, { recursive: true });
});

const log = Object.fromEntries(
  ['debug', 'info', 'warn', 'error'].map((level) => [
    level,
    (message: string, fields?: object) => logged.push({ level, message, ...fields }),
  ]),
) as unknown as Log;

function open({ wsUrl = exchange.url, random = () => 1, names = symbols } = {}): Feed {
  const streams = names.flatMap((symbol) =>
    binance.channels.map((channel) => binance.findStream(symbol, channel)),
  );
  recorders = names.map((symbol) => openRecorder(symbol));
  let connections = 0;
  feed = new Feed({
    exchange: binance,
    wsUrl,
    streams,
    targets: streams.map((_, i) => ({ recorder: recorders[i >> 1]!, index: i % 2 })),
    pacing: new ConnectPacing(binance.limits.connects),
    nameConnection: () => `c${++connections}`,
    clock,
    log,
    random,
    connect: connectSocket,
    isPaused: () => false,
  });
  return feed;
}

function openRecorder(symbol: string): Recorder {
  const limits = { rotate_seconds: 3600, rotate_max_megabytes: 64, rotate_max_messages: 0 };
  const options = {
    root,
    clock,
    pool: new ChunkPool(() => {}),
    limits: planRotationLimits(limits),
    compression: 'none' as const,
    openFile: openPartFile,
    run: <T>(_what: string, action: () => Promise<T>) => action(),
    sealing: new Turnstile(1),
    onUnsealed: () => {},
  };
  const names = binance.channels.map((channel) => binance.findStream(symbol, channel).name);
  return new Recorder(options, { exchange: 'binance', symbol }, names, Number.POSITIVE_INFINITY);
}

/** Time passes in steps of 100 ms, each followed by a tick. */
function pass(ms: number): void {
  for (let left = ms; left > 0; left -= 100) {
    clock.advance(Math.min(100, left));
    feed.tick(clock.monotonicMs());
  }
}

function until(isTrue: () => boolean): Promise<unknown> {
  return vi.waitUntil(isTrue, { interval: 1, timeout: 10_000 });
}

async function goLive(): Promise<void> {
  const before = exchange.requests.length;
  feed.tick(clock.monotonicMs());
  await exchange.until(() => exchange.requests.length > before);
  await until(() => feed.state === 'live');
  feed.tick(clock.monotonicMs());
}

/** Sends a frame of each stream and waits until they have come. */
async function deliver(id: number): Promise<void> {
  const before = recorders[1]!.frames;
  for (const symbol of symbols) {
    exchange.send(formatFrame(symbol, -id));
    exchange.send(formatFrame(symbol, id));
  }
  await until(() => recorders[1]!.frames >= before + 2);
}

/** What the lake holds of a symbol once everything is sealed. */
async function finish(symbol = 'BTCUSDT'): Promise<RawLine[]> {
  feed.stop();
  await feed.stopped;
  for (const recorder of recorders) await recorder.finish();
  return (await readParts(root, symbol)).flatMap((part) => parseLines(part.bytes));
}

const listEvents = (lines: RawLine[]) => lines.flatMap(({ event }) => event ?? []);

describe('a feed that cannot connect', () => {
  test('waits twice as long after each failure, up to 300 s', async () => {
    const { url } = exchange;
    await exchange.close();
    open({ wsUrl: url });
    const waits: unknown[] = [];
    for (let attempt = 0; attempt < 11; attempt++) {
      feed.tick(clock.monotonicMs());
      await until(() => feed.state === 'waiting');
      const waitMs = logged.at(-1)?.reconnectInMs as number;
      waits.push(waitMs);
      clock.advance(waitMs - 1);
      feed.tick(clock.monotonicMs());
      expect(feed.state).toBe('waiting');
      clock.advance(1);
    }
    const seconds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300];
    expect(waits).toEqual(seconds.map((s) => s * 1000));
    expect(feed.conn).toBe('c11');
    exchange = await openScriptedExchange();
  });
});

describe('a feed', () => {
  test('reconnects under a new name and starts the backoff over once data has flowed', async () => {
    open();
    for (const [round, steady] of [false, false, true].entries()) {
      await goLive();
      await deliver(round + 1);
      pass(100);
      if (steady) pass(30_000);
      exchange.sockets.at(-1)!.terminate();
      await until(() => feed.state === 'waiting');
      pass(10_000);
    }
    const waits = logged.filter(({ level }) => level === 'warn').map((l) => l.reconnectInMs);
    expect(waits).toEqual([1000, 2000, 1000]);
    const lines = await finish();
    const once = ['open', 'subscribed', 'close'];
    expect(listEvents(lines)).toEqual([...once, ...once, ...once]);
    const names = ['c1', 'c2', 'c3'];
    expect(lines.filter(({ event }) => event === 'open').map(({ conn }) => conn)).toEqual(names);
  });

  test.each([
    ['{"e":"serverShutdown","E":1770123456789}', ['shutdown', 'close']],
    ['{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1}}', ['shutdown', 'close']],
  ])('is replaced at once when the exchange says %s', async (notice, events) => {
    open();
    await goLive();
    await deliver(1);
    pass(31_000);
    exchange.send(notice);
    await until(() => feed.state === 'waiting');
    feed.tick(clock.monotonicMs());
    expect(feed.conn).toBe('c2');
    await until(() => feed.state === 'live');
    const lines = (await finish('ETHUSDT')).filter(({ conn }) => conn === 'c1');
    expect(listEvents(lines).slice(2)).toEqual(events);
    expect(lines.at(-1)).toMatchObject({ event: 'close', code: 1000, reason: 'shutdown' });
  });

  test('is replaced before the exchange cuts it at 24 h', async () => {
    open();
    await goLive();
    await deliver(1);
    pass(31_000);
    clock.advance(binance.limits.connectionLifetimeMs - 31_100);
    await deliver(2);
    pass(100);
    expect(feed.state).toBe('live');
    await deliver(3);
    pass(300);
    expect(feed.state).toBe('closing');
    await until(() => feed.state === 'waiting');
    const lines = await finish();
    expect(lines.at(-1)).toMatchObject({ event: 'close', reason: 'lifetime' });
  });

  test('is dead without a frame or a ping, and alive with pings alone', async () => {
    open();
    await goLive();
    await deliver(1);
    for (let i = 0; i < 3; i++) {
      pass(45_000);
      const socket = exchange.sockets.at(-1)!;
      socket.ping();
      await once(socket, 'pong');
    }
    expect(feed.state).toBe('live');
    pass(binance.limits.idleTimeoutMs + 200);
    expect(feed.state).toBe('closing');
    await until(() => feed.state === 'waiting');
    expect((await finish()).at(-1)).toMatchObject({ event: 'close', reason: 'idle' });
  });

  test('gives up a connection whose requests are not answered', async () => {
    exchange.answer = () => undefined;
    open();
    feed.tick(clock.monotonicMs());
    await exchange.until(() => exchange.requests.length > 0);
    pass(10_200);
    await until(() => feed.state === 'waiting');
    expect((await finish()).at(-1)).toMatchObject({ reason: 'no acknowledgement' });
  });

  test('says which symbols the exchange refuses, and records the others', async () => {
    const reason = 'Invalid request: unknown';
    exchange.answer = ({ id }) => JSON.stringify({ code: 2, msg: reason, id });
    open();
    await goLive();
    expect(feed.watch.failures.map(({ state }) => state)).toEqual(Array(4).fill('refused'));
    expect(logged.find(({ level }) => level === 'error')).toMatchObject({
      message: `subscribe binance on c1: 2 ${reason}`,
      symbols,
      hint: 'not recorded; check exchanges.binance.symbols and channels',
    });
    const refused = (await finish()).find(({ event }) => event === 'refused');
    expect(refused).toMatchObject({ streams: ['btcusdt@trade', 'btcusdt@bookTicker'] });
  });

  test('calls a stream silent that is acknowledged and delivers nothing, until it does', async () => {
    open();
    await goLive();
    exchange.send(formatFrame('BTCUSDT', 1));
    exchange.send(formatFrame('BTCUSDT', -1));
    exchange.send(formatFrame('ETHUSDT', -1));
    await until(() => recorders[1]!.frames === 1);
    pass(30_000);
    exchange.sockets[0]!.ping();
    await once(exchange.sockets[0]!, 'pong');
    pass(32_000);
    expect(feed.watch.failures).toMatchObject([
      { stream: { name: 'ethusdt@trade' }, state: 'silent' },
    ]);
    await deliver(2);
    pass(1000);
    expect(feed.watch.failures).toEqual([]);
    const silent = (await finish('ETHUSDT')).filter(({ event }) => event === 'silent');
    expect(silent).toMatchObject([{ conn: 'c1', stream: 'ethusdt@trade' }]);
    expect(listEvents(await finish('BTCUSDT'))).not.toContain('silent');
  });

  test('asks again, once, for a stream that has stopped, and is replaced when all have', async () => {
    open();
    await goLive();
    for (let second = 1; second <= 90; second++) {
      await deliver(second);
      pass(1000);
    }
    for (let second = 91; second <= 125; second++) {
      exchange.send(formatFrame('BTCUSDT', second));
      exchange.send(formatFrame('BTCUSDT', -second));
      exchange.send(formatFrame('ETHUSDT', -second));
      await until(() => recorders[0]!.frames === 2 * second);
      pass(1000);
    }
    expect(feed.watch.failures).toMatchObject([
      { stream: { name: 'ethusdt@trade' }, state: 'stale' },
    ]);
    await until(() => exchange.requests.length === 2);
    expect(exchange.requests[1]).toMatchObject({ method: 'SUBSCRIBE', params: ['ethusdt@trade'] });
    pass(32_000);
    expect(feed.state).toBe('closing');
    await until(() => feed.state === 'waiting');
    const lines = await finish('ETHUSDT');
    expect(listEvents(lines)).toEqual(['open', 'subscribed', 'stale', 'stale', 'close']);
    expect(lines.at(-1)).toMatchObject({ event: 'close', reason: 'no stream delivers' });
  });

  test('keeps what is no line of JSON as base64, and data in an unknown shape as data', async () => {
    open();
    await goLive();
    const unreadable = [
      Buffer.from('{"stream":"btcu'),
      Buffer.from([0xff, 0x00, 0x0a]),
      Buffer.from(formatFrame('ETHUSDT', 1).replace(':', ':\n')),
    ];
    exchange.send(unreadable[0]!.toString());
    exchange.send(unreadable[1]!, { binary: true });
    exchange.send(unreadable[2]!.toString());
    const swapped = '{"data":{"e":"trade","t":1},"stream":"ethusdt@trade"}';
    exchange.send(swapped);
    exchange.send('{"result":["btcusdt@trade"],"id":77}');
    await deliver(1);
    const btc = await finish('BTCUSDT');
    const kept = btc.filter(({ event }) => event === 'unreadable').map(({ base64 }) => base64);
    expect(kept).toEqual(unreadable.map((frame) => frame.toString('base64')));
    expect(btc).toContainEqual(
      expect.objectContaining({ msg: { result: ['btcusdt@trade'], id: 77 } }),
    );
    const eth = await finish('ETHUSDT');
    expect(eth).toContainEqual(expect.objectContaining({ msg: JSON.parse(swapped) }));
    expect(logged.filter(({ level }) => level === 'warn').length).toBe(1);
  });
});

test('subscribes 1,024 streams without exceeding 4 messages in any second', async () => {
  const names = Array.from({ length: 512 }, (_, i) => `A${i}USDT`);
  open({ names });
  feed.tick(clock.monotonicMs());
  const sentMs: number[] = [];
  exchange.answer = ({ id }) => {
    sentMs.push(clock.monotonicMs());
    return JSON.stringify({ result: null, id });
  };
  await exchange.until(() => exchange.requests.length === 1);
  for (let request = 2; request <= 6; request++) {
    pass(200);
    expect(exchange.requests.length).toBe(request - 1);
    pass(100);
    await exchange.until(() => exchange.requests.length === request);
  }
  await until(() => feed.state === 'live');
  expect(sentMs.length).toBe(6);
  const params = exchange.requests.flatMap((request) => request.params);
  expect(new Set(params).size).toBe(1024);
});
