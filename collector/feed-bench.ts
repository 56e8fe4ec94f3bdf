// A feed under test: on a scripted exchange, with a clock that stands still until the test moves it, and
// recorders that write into a scratch lake. Time passes together with the sockets: each second of it
// holds a round trip.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { binance } from '../exchanges/binance/binance.ts';
import type { Log } from '../lake/log.ts';
import { ChunkPool } from './chunk-pool.ts';
import { ConnectPacing } from './connect-pacing.ts';
import { FakeClock } from './fake-clock.ts';
import { Feed, type FeedOptions } from './feed.ts';
import type { FeedPlan } from './feed-plan.ts';
import { HandoverTurn } from './handover-turn.ts';
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

export type Logged = { level: string; message: string; [field: string]: unknown };

export class FeedBench {
  readonly clock = new FakeClock();
  readonly logged: Logged[] = [];
  readonly recorders = new Map<string, Recorder>();
  readonly pacing = new ConnectPacing(binance.limits.connects, {
    findBlockMs: () => 0,
    block: () => {},
  });
  readonly exchange: ScriptedExchange;
  readonly #root: string;
  readonly #feeds: Feed[] = [];
  #connections = 0;

  constructor(root: string, exchange: ScriptedExchange) {
    this.#root = root;
    this.exchange = exchange;
  }

  openFeed(given: Partial<FeedOptions> & { symbols?: readonly string[] } = {}): Feed {
    const feed = new Feed({
      exchange: binance,
      lane: 0,
      plan: this.plan(given.symbols),
      pacing: this.pacing,
      turn: new HandoverTurn(),
      rates: new Map(),
      nameConnection: () => `c${++this.#connections}`,
      clock: this.clock,
      log: this.#log(),
      random: () => 1,
      connect: connectSocket,
      isPaused: () => false,
      onSuspect: () => {},
      ...given,
    });
    this.#feeds.push(feed);
    return feed;
  }

  plan(symbols: readonly string[] = ['BTCUSDT', 'ETHUSDT']): FeedPlan {
    const streams = symbols.flatMap((symbol) =>
      binance.channels.map((channel) => binance.findStream(symbol, channel)),
    );
    const targets = streams.map(({ symbol }, i) => ({
      recorder: this.#openRecorder(symbol),
      index: i % 2,
    }));
    return { wsUrls: [this.exchange.url], shard: 0, streams, targets };
  }

  /** Time passes in ticks of 100 ms; every second the sockets are given a round trip. */
  async pass(ms: number): Promise<void> {
    for (let passed = 100; passed <= ms; passed += 100) {
      this.clock.advance(100);
      this.tick();
      if (passed % 1000 === 0) await this.#makeRoundTrips();
    }
  }

  tick(): void {
    for (const feed of this.#feeds) feed.tick(this.clock.monotonicMs());
  }

  /** Ticks, the clock standing still, until `isTrue` holds. */
  async until(isTrue: () => boolean): Promise<void> {
    const look = () => {
      this.tick();
      return isTrue();
    };
    await vi.waitUntil(look, { interval: 1, timeout: 10_000 });
  }

  async goLive(feed: Feed): Promise<void> {
    await this.until(() => feed.state === 'live');
  }

  /** Sends a frame of each stream on the connections that still stand; waits until they have come. */
  async deliver(
    id: number,
    sockets = this.exchange.openSockets,
    symbols = ['BTCUSDT', 'ETHUSDT'],
  ): Promise<void> {
    const before = this.countFrames();
    for (const socket of sockets) {
      for (const symbol of symbols) {
        socket.send(formatFrame(symbol, -id));
        socket.send(formatFrame(symbol, id));
      }
    }
    const expected = before + 2 * sockets.length * symbols.length;
    await this.until(() => this.countFrames() >= expected);
  }

  countFrames(): number {
    return [...this.recorders.values()].reduce((sum, { totals }) => sum + totals.messages, 0);
  }

  /** What the lake holds of a symbol once everything is sealed. */
  async finish(symbol = 'BTCUSDT'): Promise<RawLine[]> {
    for (const feed of this.#feeds) feed.stop();
    await Promise.all(this.#feeds.map((feed) => feed.stopped));
    for (const recorder of this.recorders.values()) await recorder.finish();
    return (await readParts(this.#root, symbol)).flatMap((part) => parseLines(part.bytes));
  }

  async close(): Promise<void> {
    for (const feed of this.#feeds) feed.stop();
    await Promise.all(this.#feeds.map((feed) => feed.stopped));
    for (const recorder of this.recorders.values()) await recorder.finish();
    await this.exchange.close();
    await rm(this.#root, { recursive: true });
  }

  async #makeRoundTrips(): Promise<void> {
    for (const socket of this.exchange.openSockets) {
      if (socket.isPaused) continue;
      const done = new AbortController();
      socket.ping();
      const seen = ['pong', 'close'].map((event) => once(socket, event, { signal: done.signal }));
      await Promise.race(seen);
      done.abort();
    }
  }

  #openRecorder(symbol: string): Recorder {
    const known = this.recorders.get(symbol);
    if (known !== undefined) return known;
    const limits = { rotate_seconds: 3600, rotate_max_megabytes: 64, rotate_max_messages: 0 };
    const options = {
      root: this.#root,
      clock: this.clock,
      pool: new ChunkPool(() => {}),
      limits: planRotationLimits(limits),
      compression: 'none' as const,
      openFile: openPartFile,
      run: <T>(_what: string, action: () => Promise<T>) => action(),
      sealing: new Turnstile(1),
      keepGaps: async () => {},
      onUnsealed: () => {},
    };
    const names = binance.channels.map((channel) => binance.findStream(symbol, channel).name);
    const instrument = { exchange: 'binance', symbol };
    const recorder = new Recorder(options, instrument, names, Number.POSITIVE_INFINITY);
    this.recorders.set(symbol, recorder);
    return recorder;
  }

  #log(): Log {
    const levels = ['debug', 'info', 'warn', 'error'];
    const entries = levels.map((level) => [
      level,
      (message: string, fields?: object) => this.logged.push({ level, message, ...fields }),
    ]);
    return Object.fromEntries(entries) as unknown as Log;
  }
}

export async function openFeedBench(): Promise<FeedBench> {
  const root = await mkdtemp(join(tmpdir(), 'feed-'));
  return new FeedBench(root, await openScriptedExchange());
}

export const listEvents = (lines: readonly RawLine[]) => lines.flatMap(({ event }) => event ?? []);
