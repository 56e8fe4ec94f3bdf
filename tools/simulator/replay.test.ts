// Recordings are written to a fresh folder; frames travel over real sockets.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ReplayOptions } from './replay.ts';
import { openSimulator, type Simulator } from './server.ts';
import { createManualClock, noonUs, openClient } from './test-client.ts';

const startMs = 1_723_161_254_000;
let folder: string;
let simulator: Simulator;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'replay-'));
});

afterEach(async () => {
  await simulator.close();
  await rm(folder, { recursive: true });
});

/** Odd spacing and order of keys, as nobody would format it, so that bytes must be kept. */
function formatTrade(symbol: string, id: number, atMs: number): string {
  const payload = `{"e":"trade", "E":${atMs + 3},"s":"${symbol}","t":${id},"p":"61837.63000000","q":"0.0${1 + (id % 9)}0000","T":${atMs},"m":${id % 2 === 0},"M":true}`;
  return `{"stream":"${symbol.toLowerCase()}@trade","data":${payload}}`;
}

type Line = { atMs: number; frame: string };

async function record(name: string, lines: readonly Line[]): Promise<string> {
  const path = join(folder, name);
  const text = lines.map(({ atMs, frame }) => `${atMs}000000 ${frame}\n`).join('');
  await writeFile(path, name.endsWith('.gz') ? gzipSync(text) : text);
  return path;
}

function listTrades(symbol: string, count: number, everyMs: number): Line[] {
  return Array.from({ length: count }, (_, index) => ({
    atMs: startMs + index * everyMs,
    frame: formatTrade(symbol, 100 + index, startMs + index * everyMs),
  }));
}

const open = (replay: ReplayOptions) => openSimulator({ replay, hashFrames: true });

describe('a replay', () => {
  it('sends several files merged by time, byte for byte', async () => {
    const bitcoin = listTrades('BTCUSDT', 5000, 10);
    const ether = listTrades('ETHUSDT', 3000, 17);
    const files = [await record('a.gz', bitcoin), await record('b', ether)];
    simulator = await open({ files, speed: 'max' });
    const client = await openClient(`${simulator.wsUrl}/stream`);
    const params = ['btcusdt@trade', 'ethusdt@trade'];
    await client.request({ method: 'SUBSCRIBE', params, id: 1 });
    const expected = [...bitcoin, ...ether].toSorted((a, b) => a.atMs - b.atMs);
    expect(await client.take(8000)).toEqual(expected.map(({ frame }) => frame));
    expect(await simulator.replay!.finished).toEqual({
      frames: 8000,
      streams: { 'btcusdt@trade': 5000, 'ethusdt@trade': 3000 },
    });
  });

  it('unwraps frames for connections on /ws, and begins when told without a subscriber', async () => {
    const lines = listTrades('BTCUSDT', 3, 1);
    simulator = await open({ files: [await record('a', lines)], speed: 'max', start: 'told' });
    const client = await openClient(`${simulator.wsUrl}/ws/btcusdt@trade`);
    simulator.replay!.start();
    const payloads = lines.map(({ frame }) =>
      frame.slice('{"stream":"btcusdt@trade","data":'.length, -1),
    );
    expect(await client.take(3)).toEqual(payloads);
  });

  it('waits until every stream of the awaited channels has a subscriber', async () => {
    const quote = '{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT"}}';
    const depth = '{"stream":"btcusdt@depth","data":{"e":"depthUpdate"}}';
    const others = [quote, depth].map((frame) => ({ atMs: startMs, frame }));
    const file = await record('a', [...others, ...listTrades('BTCUSDT', 1, 1)]);
    const awaitChannels = ['trade', 'bookTicker'];
    const clock = createManualClock();
    simulator = await openSimulator({
      clock,
      tickMs: 0,
      replay: { files: [file], speed: 'max', awaitChannels },
    });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    simulator.tick();
    await client.request({ method: 'SUBSCRIBE', params: ['btcusdt@bookTicker'], id: 1 });
    expect(client.messages).toEqual([]);
    simulator.tick();
    expect(await client.take(2)).toHaveLength(2);
  });

  it('keeps the pace of the recording, times the speed, and tells what it sends', async () => {
    const lines = listTrades('BTCUSDT', 11, 1000);
    const sent: number[] = [];
    const clock = createManualClock();
    simulator = await openSimulator({
      clock,
      tickMs: 0,
      replay: { files: [await record('a', lines)], speed: 2, onSend: (atUs) => sent.push(atUs) },
    });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    simulator.tick();
    await client.take(1);
    for (let index = 1; index < 11; index++) {
      clock.advance(499);
      simulator.tick();
      await client.request({ method: 'LIST_SUBSCRIPTIONS', id: index });
      expect(sent).toHaveLength(index);
      clock.advance(1);
      simulator.tick();
      await client.take(1);
    }
    expect(sent).toEqual(lines.map(({ atMs }) => atMs * 1000));
  });

  it('knows the trades it has sent, listened to or not, each once and in order', async () => {
    const twice = listTrades('BTCUSDT', 50, 100).flatMap((line) => [line, line]);
    const late = twice.splice(20, 2);
    simulator = await open({
      files: [await record('a', [...twice, late[0]!])],
      speed: 'max',
      start: 'told',
    });
    simulator.replay!.start();
    await simulator.replay!.finished;
    const truth = simulator.truth.trades('BTCUSDT', 0, Number.POSITIVE_INFINITY);
    expect(truth.map(({ id }) => id)).toEqual(
      Array.from({ length: 50 }, (_, index) => 100 + index),
    );
    const klines = simulator.truth.klines('BTCUSDT', '1s', startMs * 1000, 1e18);
    expect(klines.reduce((sum, { tradeCount }) => sum + tradeCount, 0)).toBe(50);
    const answer = await fetch(
      `${simulator.restUrl}/api/v3/historicalTrades?symbol=BTCUSDT&fromId=149`,
    );
    expect(await answer.json()).toMatchObject([{ id: 149, price: '61837.63000000' }]);
  });

  it('keeps no more trades than it may, the latest', async () => {
    const files = [await record('a', listTrades('BTCUSDT', 100, 10))];
    simulator = await open({ files, speed: 'max', start: 'told', maxTrades: 20 });
    simulator.replay!.start();
    await simulator.replay!.finished;
    const truth = simulator.truth.trades('BTCUSDT', 0, Number.POSITIVE_INFINITY);
    expect(truth.length).toBeLessThanOrEqual(20);
    expect(truth.at(-1)!.id).toBe(199);
  });

  it('shifts times so that the recording begins now, in ms and in µs, and nothing else', async () => {
    const micro = formatTrade('ETHUSDT', 7, startMs * 1000).replaceAll(
      String(startMs * 1000 + 3),
      String(startMs * 1000 + 3000),
    );
    const lines = [...listTrades('BTCUSDT', 2, 500), { atMs: startMs + 600, frame: micro }];
    const clock = createManualClock();
    simulator = await openSimulator({
      clock,
      tickMs: 0,
      replay: { files: [await record('a', lines)], speed: 'max', retime: true, start: 'told' },
    });
    const client = await openClient(
      `${simulator.wsUrl}/stream?streams=btcusdt@trade/ethusdt@trade`,
    );
    simulator.replay!.start();
    simulator.tick();
    await setImmediate();
    while (client.messages.length < 3) {
      simulator.tick();
      await setImmediate();
    }
    const noonMs = noonUs / 1000;
    expect(client.messages).toEqual([
      formatTrade('BTCUSDT', 100, noonMs),
      formatTrade('BTCUSDT', 101, noonMs + 500),
      micro
        .replace(`"T":${startMs * 1000}`, `"T":${noonUs}`)
        .replace(`"E":${startMs * 1000 + 3000}`, `"E":${noonUs + 3000}`),
    ]);
    const [first] = simulator.truth.trades('BTCUSDT', 0, Number.POSITIVE_INFINITY);
    expect(first!.timeUs).toBe(noonUs);
  });

  it('reads the raw lines of a lake, without control lines and REST fills', async () => {
    const [first, second] = listTrades('BTCUSDT', 2, 10).map(({ frame }) => frame);
    const lines = [
      '{"recv":1723161254000000,"conn":"c1","event":"open"}',
      `{"recv":1723161254000001,"conn":"c1","msg":${first}}`,
      '{"recv":1723161254000002,"conn":"rest","msg":[{"id":1}]}',
      `{"recv":1723161254000003,"conn":"c1","msg":${second}}`,
    ];
    const path = join(folder, 'part_0001.jsonl.gz');
    await writeFile(path, gzipSync(`${lines.join('\n')}\n`));
    simulator = await open({ files: [path], speed: 'max' });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    expect(await client.take(2)).toEqual([first, second]);
  });

  it('serves a recorded depth answer at REST depth', async () => {
    const snapshot = '{"lastUpdateId":9,"bids":[["3","1"],["2","1"]],"asks":[["4","1"]]}';
    const lines = [{ atMs: startMs, frame: snapshot }, ...listTrades('BTCUSDT', 1, 1)];
    simulator = await open({ files: [await record('a', lines)], speed: 'max', start: 'told' });
    simulator.replay!.start();
    expect(await simulator.replay!.finished).toMatchObject({ frames: 1 });
    const answer = await fetch(`${simulator.restUrl}/api/v3/depth?symbol=BTCUSDT&limit=1`);
    expect(await answer.json()).toEqual({
      lastUpdateId: 9,
      bids: [['3', '1']],
      asks: [['4', '1']],
    });
  });

  it('waits for a slow client at max speed instead of disconnecting it', async () => {
    const lines = listTrades('BTCUSDT', 150_000, 1);
    simulator = await openSimulator({
      replay: { files: [await record('a.gz', lines)], speed: 'max' },
      limits: { maxBufferedBytes: 8_000_000 },
    });
    const client = await openClient(`${simulator.wsUrl}/stream?streams=btcusdt@trade`);
    client.ws.pause();
    const countSent = () => simulator.connections()[0]?.frames ?? -1;
    for (let sent = 0, still = 0; still < 1000; sent = countSent()) {
      await setImmediate();
      still = sent > 0 && sent === countSent() ? still + 1 : 0;
    }
    client.ws.resume();
    await client.take(150_000);
    expect(countSent()).toBe(150_000);
  });

  it('refuses a file that is no recording, naming the line', async () => {
    const path = join(folder, 'x');
    await writeFile(path, 'hello world\n');
    await expect(open({ files: [path] })).rejects.toThrow(/no receive time in "hello world"/);
    simulator = await openSimulator();
  });
});
