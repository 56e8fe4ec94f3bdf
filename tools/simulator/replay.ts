// A recording as the source: its frames, byte for byte, to every connection subscribed to their
// stream, at the recording's own pace, a multiple of it, or as fast as the clients read. With
// `retime` the event and trade times are shifted so that the recording begins now.

import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../lake/clock.ts';
import type { Broadcast } from './broadcast.ts';
import { encodeTextFrame } from './frames.ts';
import { findInstrument, type Instrument } from './instrument.ts';
import { findKlines, type Kline } from './klines.ts';
import { findSymbol, parseTrade, shiftTimes, unwrapFrame } from './recorded-frame.ts';
import { RecordedTrades } from './recorded-trades.ts';
import { type RecordedFrame, readRecordings } from './recording.ts';
import type { Source } from './source.ts';

export type ReplayOptions = {
  files: readonly string[];
  /** 1 is the recording's own pace; `max` waits for nothing but the clients. Default 1. */
  speed?: number | 'max';
  /** Begin when every stream of the recording has a subscriber (the default), or when told. */
  start?: 'subscribed' | 'told';
  /** Begin without a subscriber to streams of other channels than these. Default: all of them. */
  awaitChannels?: readonly string[];
  retime?: boolean;
  /** Called before each frame is published, with its recorded receive time. */
  onSend?: (recordedAtUs: number) => void;
  /** Trades kept per symbol for REST and the truth. Default 1 million. */
  maxTrades?: number;
};

export type ReplaySummary = {
  /** Frames published, subscribed or not. */
  frames: number;
  /** The same per stream. */
  streams: Readonly<Record<string, number>>;
};

/** What a first pass over the files has found. */
type Contents = {
  streams: Set<string>;
  firstUs: number;
  /** Symbol of the first stream in each file, to which its REST snapshots belong. */
  fileSymbols: (string | undefined)[];
};

/** Frames published at `max` speed between two looks at the clients. */
const sliceFrames = 1000;
/** How far a replay at `max` speed may be ahead of the slowest client. */
const maxAheadBytes = 4 * 1024 * 1024;

/** Opens the recordings and reads them once, to know their streams. */
export async function openReplay(
  options: ReplayOptions,
  broadcast: Broadcast,
  clock: Clock,
): Promise<Replay> {
  return new Replay(options, await scanRecordings(options.files), broadcast, clock);
}

export class Replay implements Source {
  readonly instruments: readonly Instrument[];
  readonly history: RecordedTrades;
  /** Names of the streams in the recording. */
  readonly streams: ReadonlySet<string>;
  /** Resolves when the last frame has been handed to the network. */
  readonly finished: Promise<ReplaySummary>;
  #options: ReplayOptions;
  #contents: Contents;
  #broadcast: Broadcast;
  #clock: Clock;
  #begin = Promise.withResolvers<void>();
  #wake = () => {};
  #stopped = false;
  #nowUs: number;
  #shiftMs = 0;
  #frames = 0;
  #counts: Record<string, number> = {};
  #snapshots = new Map<string, Buffer>();

  constructor(options: ReplayOptions, contents: Contents, broadcast: Broadcast, clock: Clock) {
    this.#options = options;
    this.#contents = contents;
    this.#broadcast = broadcast;
    this.#clock = clock;
    this.#nowUs = contents.firstUs;
    this.streams = contents.streams;
    this.instruments = [...new Set([...contents.streams].map(findSymbol))].map(findInstrument);
    this.history = new RecordedTrades(options.maxTrades ?? 1_000_000);
    this.finished = this.#run();
  }

  /** Begins now, whoever has subscribed. */
  start(): void {
    this.#begin.resolve();
  }

  stop(): void {
    this.#stopped = true;
    this.#begin.resolve();
    this.#wake();
  }

  nowUs = () => this.#nowUs;

  advance(): void {
    const { start = 'subscribed', awaitChannels } = this.#options;
    const isReady = (stream: string) =>
      this.#broadcast.hasSubscribers(stream) || !isAwaited(stream, awaitChannels);
    if (start === 'subscribed' && [...this.streams].every(isReady)) this.#begin.resolve();
    this.#wake();
  }

  async findKlines(
    symbol: string,
    intervalUs: number,
    fromUs: number,
    untilUs: number,
    limit: number,
  ): Promise<readonly Kline[]> {
    return findKlines(this.history, symbol, intervalUs, fromUs, untilUs, limit);
  }

  findDepth(symbol: string, limit: number): string | undefined {
    return cutSnapshot(this.#snapshots.get(symbol), limit);
  }

  async #run(): Promise<ReplaySummary> {
    await this.#begin.promise;
    const { files, speed = 1, retime = false } = this.#options;
    const { firstUs } = this.#contents;
    const startedMs = this.#clock.monotonicMs();
    if (retime) this.#shiftMs = Math.round((this.#clock.nowUs() - firstUs) / 1000);
    for await (const batch of readRecordings(files)) {
      for (const recorded of batch) {
        if (speed !== 'max') {
          await this.#waitUntil(startedMs + (recorded.atUs - firstUs) / 1000 / speed);
        } else if (this.#frames % sliceFrames === 0) {
          await this.#waitForClients();
        }
        if (this.#stopped) break;
        this.#publish(recorded);
      }
      if (this.#stopped) break;
    }
    this.#broadcast.flush();
    while (this.#broadcast.backlogBytes() > 0 && !this.#stopped) await this.#nextTick();
    return { frames: this.#frames, streams: this.#counts };
  }

  #publish(recorded: RecordedFrame): void {
    const { atUs, stream, bytes } = recorded;
    this.#options.onSend?.(atUs);
    this.#nowUs = Math.max(this.#nowUs, atUs + this.#shiftMs * 1000);
    if (stream === '') {
      this.#keepSnapshot(recorded);
      return;
    }
    const frame = this.#shiftMs === 0 ? bytes : shiftTimes(bytes, stream, this.#shiftMs);
    this.#frames++;
    this.#counts[stream] = (this.#counts[stream] ?? 0) + 1;
    if (stream.endsWith('@trade')) {
      const { symbol, ...trade } = parseTrade(frame);
      this.#nowUs = Math.max(this.#nowUs, trade.eventUs);
      this.history.add(symbol, trade);
    }
    this.#broadcast.publish(stream, (combined) =>
      encodeTextFrame(combined ? frame : unwrapFrame(frame)),
    );
  }

  /** A REST depth answer in the recording is what REST depth answers from then on. */
  #keepSnapshot({ bytes, file }: RecordedFrame): void {
    const symbol = this.#contents.fileSymbols[file];
    const isDepth = bytes.toString('latin1', 0, 20).startsWith('{"lastUpdateId":');
    if (isDepth && symbol !== undefined) this.#snapshots.set(symbol, Buffer.from(bytes));
  }

  /** Writes what is due before it waits. */
  async #waitUntil(dueMs: number): Promise<void> {
    while (this.#clock.monotonicMs() < dueMs && !this.#stopped) {
      this.#broadcast.flush();
      await this.#nextTick();
    }
  }

  /** Lets clients read; a connection that reads nothing is ended by its unanswered pings. */
  async #waitForClients(): Promise<void> {
    this.#broadcast.flush();
    await setImmediate();
    while (this.#broadcast.backlogBytes() > maxAheadBytes && !this.#stopped) {
      await this.#nextTick();
    }
  }

  #nextTick(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

async function scanRecordings(files: readonly string[]): Promise<Contents> {
  const contents: Contents = {
    streams: new Set(),
    firstUs: 0,
    fileSymbols: files.map(() => undefined),
  };
  for await (const batch of readRecordings(files)) {
    for (const recorded of batch) {
      contents.firstUs ||= recorded.atUs;
      if (recorded.stream === '') continue;
      contents.streams.add(recorded.stream);
      contents.fileSymbols[recorded.file] ??= findSymbol(recorded.stream);
    }
  }
  return contents;
}

function isAwaited(stream: string, channels: readonly string[] | undefined): boolean {
  return channels?.includes(stream.slice(stream.indexOf('@') + 1)) ?? true;
}

function cutSnapshot(snapshot: Buffer | undefined, limit: number): string | undefined {
  if (snapshot === undefined) return undefined;
  const { lastUpdateId, bids, asks } = JSON.parse(snapshot.toString('utf8'));
  return JSON.stringify({ lastUpdateId, bids: bids.slice(0, limit), asks: asks.slice(0, limit) });
}
