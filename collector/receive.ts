// The receive path of one connection: from a frame to the recorder of its symbol. Runs once per frame
// and is what the product's speed depends on: the time first, then a scan of the frame's first bytes,
// one search for a newline, and the copy into the part. No parsing, no allocation.

import type { FrameRouter, RoutedFrame, Stream } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import { FramePrefix } from './frame-prefix.ts';
import type { Recorder } from './recorder.ts';

const newline = 0x0a;

/** Where the frames of a stream go: its symbol's recorder, and its index there. */
export type StreamTarget = { recorder: Recorder; index: number };

export type ReceiverOptions = {
  conn: string;
  streams: readonly Stream[];
  /** One target for each of `streams`. */
  targets: readonly StreamTarget[];
  route: FrameRouter;
  clock: Clock;
  /** Takes a frame that is not plainly data. The bytes are valid until it returns. */
  onOther: (recvUs: number, frame: Buffer, isBinary: boolean) => void;
};

export class Receiver {
  /** Frames per stream, by its index on the connection. */
  readonly counts: Float64Array;
  readonly #options: ReceiverOptions;
  readonly #prefix: FramePrefix;
  readonly #found: RoutedFrame = { stream: -1, eventUs: 0, tradeId: -1 };

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#prefix = new FramePrefix(options.conn);
    this.counts = new Float64Array(options.streams.length);
  }

  /** Takes a frame from the socket. */
  receive(frame: Buffer, isBinary: boolean): void {
    const recvUs = this.#options.clock.nowUs();
    const found = this.#found;
    this.#options.route(frame, found);
    if (found.stream < 0 || isBinary || frame.includes(newline)) {
      this.#options.onOther(recvUs, frame, isBinary);
      return;
    }
    this.#record(recvUs, frame, found.stream, found.eventUs, found.tradeId);
  }

  /** Appends data of the stream so named, or, where there is none, to the connection's first symbol. */
  recordNamed(recvUs: number, frame: Buffer, name: string): void {
    const stream = this.#options.streams.findIndex((known) => known.name === name);
    if (stream >= 0) {
      this.#record(recvUs, frame, stream, 0, -1);
      return;
    }
    const { recorder } = this.#options.targets[0]!;
    recorder.appendFrame(recvUs, this.#prefix.format(recvUs), frame, -1, 0, -1);
  }

  #record(recvUs: number, frame: Buffer, stream: number, eventUs: number, tradeId: number): void {
    this.counts[stream]!++;
    const { recorder, index } = this.#options.targets[stream]!;
    recorder.appendFrame(recvUs, this.#prefix.format(recvUs), frame, index, eventUs, tradeId);
  }
}
