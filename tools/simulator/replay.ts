// A recording as the source: its frames, byte for byte, to every connection subscribed to their
// stream, at the recording's own pace, a multiple of it, or as fast as the clients read. With
// `retime` the event and trade times are shifted so that the recording begins now.

import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../lake/clock.ts';
import type { Broadcast } from './broadcast.ts';
import { encodeTextFrame } from './frames.ts';
import { findInstrument } from './instrument.ts';
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

export type Replay = Source & {
  /** Names of the streams in the recording. */
  streams: ReadonlySet<string>;
  /** Begins now, whoever has subscribed. */
  start(): void;
  /** Resolves when the last frame has been handed to the network. */
  finished: Promise<ReplaySummary>;
  stop(): void;
};

/** What a first pass over the files has found. */
type Contents = {
  streams: Set<string>;
  firstUs: number;
  /** Symbol of the first stream in each file, to which its REST snapshots belong. */
  fileSymbols: (string | undefined)[];
  snapshots: Map<string, Buffer>;
};

/** Frames published at `max` speed between two looks at the clients. */
const sliceFrames = 1000;

export async function openReplay(
  options: ReplayOptions,
  broadcast: Broadcast,
  clock: Clock,
): Promise<Replay> {
  const { speed = 1, start = 'subscribed', maxTrades = 1_000_000 } = options;
  const contents = await scanRecordings(options.files);
  const { streams, snapshots } = contents;
  const symbols = [...new Set([...streams].map(findSymbol))];
  const awaited = [...streams].filter((stream) => isAwaited(stream, options.awaitChannels));
  const history = new RecordedTrades(maxTrades);
  const counts: Record<string, number> = {};
  let frames = 0;
  let nowUs = contents.firstUs;
  let shiftMs = 0;
  let stopped = false;
  let wake = () => {};
  const begin = Promise.withResolvers<void>();
  const nextTick = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  function publish(recorded: RecordedFrame): void {
    options.onSend?.(recorded.atUs);
    nowUs = Math.max(nowUs, recorded.atUs + shiftMs * 1000);
    const { stream } = recorded;
    if (stream === '') {
      keepSnapshot(contents, recorded);
      return;
    }
    const bytes = shiftMs === 0 ? recorded.bytes : shiftTimes(recorded.bytes, stream, shiftMs);
    frames++;
    counts[stream] = (counts[stream] ?? 0) + 1;
    if (stream.endsWith('@trade')) {
      const { symbol, ...trade } = parseTrade(bytes);
      nowUs = Math.max(nowUs, trade.eventUs);
      history.add(symbol, trade);
    }
    broadcast.publish(stream, (combined) => encodeTextFrame(combined ? bytes : unwrapFrame(bytes)));
  }

  async function run(): Promise<ReplaySummary> {
    await begin.promise;
    const startedMs = clock.monotonicMs();
    if (options.retime === true) shiftMs = Math.round((clock.nowUs() - contents.firstUs) / 1000);
    let sinceLook = 0;
    for await (const batch of readRecordings(options.files)) {
      for (const recorded of batch) {
        if (speed === 'max') {
          if (++sinceLook >= sliceFrames) {
            sinceLook = 0;
            await waitForClients();
          }
        } else {
          const dueMs = startedMs + (recorded.atUs - contents.firstUs) / 1000 / speed;
          while (clock.monotonicMs() < dueMs && !stopped) {
            broadcast.flush();
            await nextTick();
          }
        }
        if (stopped) return { frames, streams: counts };
        publish(recorded);
      }
    }
    broadcast.flush();
    while (broadcast.backlogBytes() > 0 && !stopped) await nextTick();
    return { frames, streams: counts };
  }

  /** Lets clients read; a connection that reads nothing is ended by its unanswered pings. */
  async function waitForClients(): Promise<void> {
    broadcast.flush();
    await setImmediate();
    while (broadcast.backlogBytes() > maxAheadBytes && !stopped) await nextTick();
  }

  return {
    instruments: symbols.map(findInstrument),
    streams,
    history,
    nowUs: () => nowUs,
    findDepth: (symbol, limit) => cutSnapshot(snapshots.get(symbol), limit),
    start: begin.resolve,
    finished: run(),
    advance() {
      if (start === 'subscribed' && awaited.every((stream) => broadcast.hasSubscribers(stream))) {
        begin.resolve();
      }
      wake();
    },
    stop() {
      stopped = true;
      begin.resolve();
      wake();
    },
  };
}

/** How far a replay at `max` speed may be ahead of the slowest client. */
const maxAheadBytes = 4 * 1024 * 1024;

async function scanRecordings(files: readonly string[]): Promise<Contents> {
  const contents: Contents = {
    streams: new Set(),
    firstUs: 0,
    fileSymbols: files.map(() => undefined),
    snapshots: new Map(),
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

function findSymbol(stream: string): string {
  return stream.slice(0, stream.indexOf('@')).toUpperCase();
}

/** A REST depth answer in the recording is what REST depth answers from then on. */
function keepSnapshot({ fileSymbols, snapshots }: Contents, recorded: RecordedFrame): void {
  const symbol = fileSymbols[recorded.file];
  const isDepth = recorded.bytes.toString('latin1', 0, 20).startsWith('{"lastUpdateId":');
  if (isDepth && symbol !== undefined) snapshots.set(symbol, Buffer.from(recorded.bytes));
}

function cutSnapshot(snapshot: Buffer | undefined, limit: number): string | undefined {
  if (snapshot === undefined) return undefined;
  const { lastUpdateId, bids, asks } = JSON.parse(snapshot.toString('utf8'));
  return JSON.stringify({ lastUpdateId, bids: bids.slice(0, limit), asks: asks.slice(0, limit) });
}

/** The payload of a combined frame, `{"stream":"...","data":<payload>}`. */
function unwrapFrame(bytes: Buffer): Buffer {
  const start = bytes.indexOf('"data":') + '"data":'.length;
  return bytes.subarray(start, bytes.length - 1);
}

function parseTrade(bytes: Buffer) {
  const { E, s, t, p, q, T, m } = JSON.parse(bytes.toString('utf8')).data;
  const id: number = t;
  const price: string = p;
  const quantity: string = q;
  const buyerIsMaker: boolean = m;
  const symbol: string = s;
  return { symbol, id, price, quantity, timeUs: toUs(T), eventUs: toUs(E), buyerIsMaker };
}

/** 13 digits are milliseconds, 16 are microseconds. */
function toUs(time: number): number {
  return time < 100_000_000_000_000 ? time * 1000 : time;
}

/** Moves the times of a frame; in a kline `t` is a time, in a trade it is the id. */
function shiftTimes(bytes: Buffer, stream: string, shiftMs: number): Buffer {
  const keys = stream.includes('@kline_')
    ? /"([ETt])":(\d{13,16})(?=[,}])/g
    : /"([ET])":(\d{13,16})(?=[,}])/g;
  const shifted = bytes.toString('utf8').replace(keys, (_, key: string, digits: string) => {
    const time = Number(digits) + (digits.length > 13 ? shiftMs * 1000 : shiftMs);
    return `"${key}":${time}`;
  });
  return Buffer.from(shifted);
}
