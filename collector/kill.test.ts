// The collector as a process of its own, killed without warning and told to stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawDayDir } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import { readWaitedMs } from '../tests/processor-wait.ts';
import {
  cutFrames,
  formatConfig,
  formatFrame,
  openScriptedExchange,
  parseLines,
  readParts,
  type ScriptedExchange,
} from './scripted-exchange.ts';

const kills = Number(process.env.LAKE_TEST_KILLS ?? 1);
const symbols = ['BTCUSDT', 'ETHUSDT'];
/** What a kill may cost, by the configuration: what was read in so much of the collector's running time. */
const flushMs = 200;
const giveUpMs = 60_000;

/** What was written survives a kill on any file system; this one never waits for a disk that others keep busy. */
const folder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

let root: string;
let exchange: ScriptedExchange;
let children: ChildProcess[];

beforeEach(async () => {
  root = await mkdtemp(join(folder, 'kill-'));
  exchange = await openScriptedExchange();
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  await exchange.close();
  await rm(root, { recursive: true });
});

async function start(collector: string): Promise<ChildProcess> {
  const config = join(root, 'config.yml');
  await writeFile(config, formatConfig(root, exchange.url, { symbols, collector }));
  const main = join(import.meta.dirname, '../main.ts');
  const args = [main, '--mode', 'collect', '--config', config];
  const before = exchange.requests.length;
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`start collector: it ended with ${code} before it subscribed`);
  });
  await Promise.race([exchange.until(() => exchange.requests.length > before), ended]);
  return child;
}

/** Frames sent after `readMs` of the collector's running time may not have been read. */
type Sent = { frame: string; readMs: number };

/**
 * Sends numbered frames of both symbols, a few every other millisecond, until the collector has run for so long: what its
 * threads, those that write among them, waited for a processor does not count. It answers the ping behind each few when
 * it has read these.
 */
async function sendFor(
  collector: ChildProcess,
  ms: number,
  nextId: () => number,
): Promise<Map<string, Sent[]>> {
  const sent = new Map<string, Sent[]>(symbols.map((symbol) => [symbol, []]));
  const socket = exchange.sockets.at(-1)!;
  const batches: Sent[][] = [];
  const readRunningMs = () => performance.now() - readWaitedMs(collector.pid);
  const startedMs = readRunningMs();
  let ranMs = 0;
  const noteRead = (number: unknown) => {
    ranMs = Math.max(ranMs, readRunningMs() - startedMs);
    for (const one of batches[Number(number)]!) one.readMs = ranMs;
  };
  socket.on('pong', noteRead);
  const deadlineMs = performance.now() + giveUpMs;
  while (ranMs < ms) {
    if (performance.now() > deadlineMs) throw new Error(`the collector ran for ${ranMs} ms`);
    const batch: Sent[] = [];
    for (let i = 0; i < 10; i++) {
      const id = nextId();
      const symbol = symbols[id % symbols.length]!;
      const frame = formatFrame(symbol, id % 5 === 0 ? id : -id);
      exchange.send(frame);
      batch.push({ frame, readMs: Number.POSITIVE_INFINITY });
      sent.get(symbol)!.push(batch.at(-1)!);
    }
    socket.ping(String(batches.push(batch) - 1));
    await new Promise((next) => setTimeout(next, 2));
  }
  socket.off('pong', noteRead);
  return sent;
}

describe('SIGKILL', () => {
  test(`at ${kills} random moments costs the last ${flushMs} ms at most, and no part`, async () => {
    let id = 0;
    const sent = new Map<string, { whole: string[]; late: Set<string> }>();
    for (const symbol of symbols) sent.set(symbol, { whole: [], late: new Set() });
    for (let round = 0; round < kills; round++) {
      const child = await start('{ rotate_seconds: 1 }');
      const ranMs = 50 + Math.random() * 400;
      const frames = await sendFor(child, ranMs, () => ++id);
      child.kill('SIGKILL');
      for (const [symbol, list] of frames) {
        const { whole, late } = sent.get(symbol)!;
        whole.push(...list.map(({ frame }) => frame));
        const tail = list.filter(({ readMs }) => readMs > ranMs - flushMs);
        for (const { frame } of tail) late.add(frame);
      }
      await once(child, 'exit');
    }
    const child = await start('{ rotate_seconds: 1 }');
    child.kill('SIGTERM');
    await once(child, 'exit');
    for (const symbol of symbols) await verify(symbol, sent.get(symbol)!);
  }, 600_000);
});

async function verify(symbol: string, sent: { whole: string[]; late: Set<string> }): Promise<void> {
  const parts = await readParts(root, symbol);
  expect(parts.filter((part) => part.isOpen)).toEqual([]);
  const kept = parts.flatMap((part) => cutFrames(part.bytes));
  for (const part of parts) expect(parseLines(part.bytes).length).toBeGreaterThan(0);
  expect(new Set(kept).size).toBe(kept.length);
  const known = new Set(kept);
  const missing = sent.whole.filter((frame) => !known.has(frame));
  expect(missing.filter((frame) => !sent.late.has(frame))).toEqual([]);
  // In the order sent, nothing foreign between.
  expect(kept).toEqual(sent.whole.filter((frame) => known.has(frame)));
  for (const day of new Set(parts.map((part) => part.day))) {
    const records = await readPartRecords(rawDayDir(root, { exchange: 'binance', symbol }, day));
    const own = parts.filter((part) => part.day === day);
    expect([...records.keys()].sort()).toEqual(own.map((part) => part.name));
    for (const { name, bytes } of own) expect(records.get(name)?.bytes).toBe(bytes.length);
  }
}

describe('SIGTERM', () => {
  test('ends with 0 within 5 s, everything received on disk, sealed and described', async () => {
    const child = await start('{}');
    let id = 0;
    const frames = await sendFor(child, 300, () => ++id);
    child.kill('SIGTERM');
    const toldMs = performance.now();
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    expect(performance.now() - toldMs).toBeLessThan(5000);
    for (const symbol of symbols) {
      const whole = frames.get(symbol)!.map(({ frame }) => frame);
      await verify(symbol, { whole, late: new Set() });
      const lines = (await readParts(root, symbol)).flatMap((part) => parseLines(part.bytes));
      expect(lines.at(-1)).toMatchObject({ event: 'close', reason: 'stopped' });
    }
  });

  test('a second collector of the same lake is refused, by name, and the first goes on', async () => {
    const first = await start('{}');
    const second = spawn(process.execPath, first.spawnargs.slice(1));
    children.push(second);
    let text = '';
    second.stderr.on('data', (chunk) => {
      text += chunk;
    });
    const [code] = await once(second, 'close');
    expect(code).toBe(1);
    expect(text).toContain(`held by process ${first.pid}`);
    expect(first.exitCode).toBeNull();
  });
});

test('an unknown channel ends with 78 and says which there are', async () => {
  const config = join(root, 'config.yml');
  await writeFile(config, `root: ${root}\nexchanges: { binance: { channels: [trades] } }\n`);
  const main = join(import.meta.dirname, '../main.ts');
  const child = spawn(process.execPath, [main, '--mode', 'collect', '--config', config]);
  children.push(child);
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  const [code] = await once(child, 'close');
  expect(code).toBe(78);
  expect(text).toContain('no channel "trades"; binance has trade, bookTicker');
  await expect(readFile(join(root, 'state', 'status', 'collect.json'))).rejects.toThrow();
});
