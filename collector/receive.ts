// The receive path of one connection: from a frame to the recorder of its symbol. Runs once per frame
// and is what the product's speed depends on: a scan of the frame's first bytes and one copy into the
// part. Time and newlines are looked at once per read of the socket. No parsing, no allocation.

import type { FrameRouter, RoutedFrame, Stream } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import { FramePrefix } from './frame-prefix.ts';
import type { Recorder } from './recorder.ts';
import { SocketRead } from './socket-read.ts';
import type { TradeLane } from './trade-lane.ts';

/** Where the frames of a stream go: its symbol's recorder, and its index there. */
export type StreamTarget = { recorder: Recorder; index: number };

export type ReceiverOptions = {
  conn: string;
  streams: readonly Stream[];
  /** One target for each of `streams`. */
  targets: readonly StreamTarget[];
  route: FrameRouter;
  clock: Clock;
  /** Takes a frame that is not plainly data; `isLine` where it is text and can stand in a line. */
  onOther: (recvUs: number, frame: Buffer, isLine: boolean) => void;
};

export class Receiver {
  /** Frames per stream, by its index on the connection. */
  readonly counts: Float64Array;
  readonly #conn: string;
  readonly #streams: readonly Stream[];
  readonly #targets: readonly StreamTarget[];
  readonly #route: FrameRouter;
  readonly #clock: Clock;
  readonly #onOther: ReceiverOptions['onOther'];
  readonly #prefix: FramePrefix;
  /** The trade ids of each stream, from its first trade on. */
  readonly #lanes: (TradeLane | undefined)[];
  readonly #read = new SocketRead();
  readonly #found: RoutedFrame = { stream: -1, eventUs: 0, tradeId: -1 };

  constructor(options: ReceiverOptions) {
    this.#conn = options.conn;
    this.#streams = options.streams;
    this.#targets = options.targets;
    this.#route = options.route;
    this.#clock = options.clock;
    this.#onOther = options.onOther;
    this.#prefix = new FramePrefix(options.conn);
    this.#lanes = options.streams.map(() => undefined);
    this.counts = new Float64Array(options.streams.length);
  }

  /** Takes note of bytes just read from the socket, before the frames in them are received. */
  noteRead(bytes: Buffer): void {
    this.#read.note(bytes, this.#clock.nowUs());
  }

  /** Takes a message of the socket: its listener, without a call between. */
  readonly receive = (frame: Buffer, isBinary: boolean): void => {
    const found = this.#found;
    this.#route(frame, found);
    const isLine = !this.#read.hasNewline(frame) && !isBinary;
    if (found.stream >= 0 && isLine) this.#record(frame, found);
    else this.#onOther(this.#read.recvUs, frame, isLine);
  };

  /** Appends data of the stream so named. Whether the connection has it; if not, nothing is appended. */
  recordNamed(frame: Buffer, name: string, eventUs: number, tradeId: number): boolean {
    const stream = this.#streams.findIndex((known) => known.name === name);
    if (stream >= 0) this.#record(frame, { stream, eventUs, tradeId });
    return stream >= 0;
  }

  /** Appends a frame that belongs to no stream of the connection to its first symbol. */
  recordOther(frame: Buffer): void {
    const { recvUs } = this.#read;
    const { recorder } = this.#targets[0]!;
    recorder.appendForeign(recvUs, this.#prefix.format(recvUs), frame);
  }

  /** The trade ids of a stream, by its index; undefined before its first trade. */
  findLane(stream: number): TradeLane | undefined {
    return this.#lanes[stream];
  }

  #record(frame: Buffer, found: RoutedFrame): void {
    this.counts[found.stream]!++;
    const { recvUs } = this.#read;
    const { recorder, index } = this.#targets[found.stream]!;
    if (found.tradeId >= 0) {
      const lane = this.#lanes[found.stream] ?? this.#openLane(found.stream);
      lane.note(found.tradeId, recvUs);
    }
    recorder.appendFrame(recvUs, this.#prefix.format(recvUs), frame, index, found);
  }

  #openLane(stream: number): TradeLane {
    const lane = this.#targets[stream]!.recorder.openLane(this.#conn);
    this.#lanes[stream] = lane;
    return lane;
  }
}
