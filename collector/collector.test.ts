import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { silentLog } from '../lake/log.ts';
import { type Collector, openCollector } from './collector.ts';
import {
  cutFrames,
  formatFrame,
  makeConfig,
  openScriptedExchange,
  parseLines,
  readParts,
  type ScriptedExchange,
} from './scripted-exchange.ts';

let root: string;
let exchange: ScriptedExchange;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'collector-'));
  exchange = await openScriptedExchange();
});
afterEach(async () => {
  await exchange.close();
  await rm(root, { recursive: true });
});

function start(given: Parameters<typeof makeConfig>[2] = {}): Promise<Collector> {
  return openCollector({
    config: makeConfig(root, exchange.url, given),
    log: silentLog,
    clock: openSystemClock(),
    random: Math.random,
  });
}

test('keeps every frame byte for byte and exactly once', async () => {
  const symbols = ['BTCUSDT', 'ETHUSDT', '币安人生USDT'];
  const collector = await start({ symbols });
  await collector.ready;
  const sent = new Map<string, string[]>(symbols.map((symbol) => [symbol, []]));
  for (let id = 1; id <= 5000; id++) {
    const symbol = symbols[id % symbols.length]!;
    const frame = formatFrame(symbol, id % 5 === 0 ? id : -id);
    sent.get(symbol)!.push(frame);
    exchange.send(frame);
  }
  await collector.stop();
  for (const symbol of symbols) {
    const parts = await readParts(root, symbol);
    expect(parts.every((part) => !part.isOpen)).toBe(true);
    expect(parts.flatMap((part) => cutFrames(part.bytes))).toEqual(sent.get(symbol));
    const events = parts
      .flatMap((part) => parseLines(part.bytes))
      .flatMap((line) => line.event ?? []);
    expect(events).toEqual(['open', 'subscribed', 'close']);
  }
});
