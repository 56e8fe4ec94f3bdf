// The collector as a process of its own, killed without warning and told to stop.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawDayDir } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import {
  cutFrames,
  formatConfig,
  formatFrame,
  openScriptedExchange,
  parseLines,
  readParts,
  type ScriptedExchange,
} from './scripted-exchange.ts';

const kills = Number(process.env.LAKE_TEST_KILLS ?? 3);
const symbols = ['BTCUSDT', 'ETHUSDT'];
/** What a kill may cost, by the configuration. */
const flushMs = 200;

let root: string;
let exchange: ScriptedExchange;
let children: ChildProcess[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kill-'));
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

type Sent = { frame: string; atMs: number };

/** Sends numbered frames of both symbols, a few every other millisecond, for so long. */
async function sendFor(ms: number, nextId: () => number): Promise<Map<string, Sent[]>> {
  const sent = new Map<string, Sent[]>(symbols.map((symbol) => [symbol, []]));
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    for (let i = 0; i < 10; i++) {
      const id = nextId();
      const symbol = symbols[id % symbols.length]!;
      const frame = formatFrame(symbol, id % 5 === 0 ? id : -id);
      exchange.send(frame);
      sent.get(symbol)!.push({ frame, atMs: performance.now() });
    }
    await new Promise((next) => setTimeout(next, 2));
  }
  return sent;
}

describe('SIGKILL', () => {
  test(`at ${kills} random moments costs the last ${flushMs} ms at most, and no part`, async () => {
    let id = 0;
    const sent = new Map<string, { whole: string[]; late: Set<string> }>();
    for (const symbol of symbols) sent.set(symbol, { whole: [], late: new Set() });
    for (let round = 0; round < kills; round++) {
      const child = await start('{ rotate_seconds: 1 }');
      const frames = await sendFor(50 + Math.random() * 600, () => ++id);
      const killedMs = performance.now();
      child.kill('SIGKILL');
      await once(child, 'exit');
      for (const [symbol, list] of frames) {
        const { whole, late } = sent.get(symbol)!;
        whole.push(...list.map(({ frame }) => frame));
        const tail = list.filter(({ atMs }) => atMs > killedMs - flushMs);
        for (const { frame } of tail) late.add(frame);
      }
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
    const frames = await sendFor(300, () => ++id);
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
