// What the exchange says on one connection beside its data: acknowledgements, refusals, the notice that
// it will close, and frames nobody can read. Each is written where it belongs and told to whoever waits
// for it. Never ends the connection.

import type { ControlFrame, Exchange, Stream } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import type { Log } from '../lake/log.ts';
import type { Receiver, StreamTarget } from './receive.ts';
import type { Recorder } from './recorder.ts';
import type { StreamWatch } from './stream-watch.ts';
import type { Subscription } from './subscription.ts';

export type ControlFramesOptions = {
  conn: string;
  exchange: Exchange;
  streams: readonly Stream[];
  /** Where the frames of each stream go. */
  targets: readonly StreamTarget[];
  subscription: Subscription;
  watch: StreamWatch;
  clock: Clock;
  log: Log;
};

type DataFrame = Extract<ControlFrame, { kind: 'data' }>;

const warnEveryMs = 60_000;

export class ControlFrames {
  /** Whether the exchange has announced that it will close. */
  isShutdown = false;
  readonly #options: ControlFramesOptions;
  readonly #recorders = new Map<Stream, Recorder>();
  #warnedMs = Number.NEGATIVE_INFINITY;
  #unreadable = 0;

  constructor(options: ControlFramesOptions) {
    this.#options = options;
    const { streams, targets } = options;
    for (const [i, stream] of streams.entries()) this.#recorders.set(stream, targets[i]!.recorder);
  }

  /** Takes a frame that is not plainly data; `isLine` where it is text and can stand in a line. */
  take(recvUs: number, frame: Buffer, isLine: boolean, receiver: Receiver): void {
    const control = this.#options.exchange.parseControlFrame(frame);
    switch (control.kind) {
      case 'ack':
        this.#acknowledge(recvUs, control.id);
        break;
      case 'error':
        this.#takeError(recvUs, control.id, control.reason);
        break;
      case 'shutdown':
        this.#takeShutdown(recvUs);
        break;
      case 'unreadable':
        this.#keepUnreadable(recvUs, frame);
        break;
      case 'data':
        if (isLine) this.#takeData(recvUs, frame, control, receiver);
        else this.#keepUnreadable(recvUs, frame);
        break;
      default:
        if (isLine) receiver.recordOther(frame);
        else this.#keepUnreadable(recvUs, frame);
    }
  }

  /**
   * Data in a shape the router does not know. What would read as trades or quotes and was not asked for must not
   * stand among those of another symbol.
   */
  #takeData(recvUs: number, frame: Buffer, data: DataFrame, receiver: Receiver): void {
    const { conn, exchange, targets } = this.#options;
    const { stream, eventUs, tradeId } = data;
    if (receiver.recordNamed(frame, stream, eventUs, tradeId)) return;
    if (exchange.isDataStream(stream)) {
      const fields = { stream, base64: frame.toString('base64') };
      targets[0]!.recorder.appendControl(recvUs, conn, 'foreign', fields);
    } else receiver.recordOther(frame);
  }

  #acknowledge(recvUs: number, id: number): void {
    const { conn, watch, clock, subscription } = this.#options;
    const streams = subscription.answer(id) ?? [];
    for (const [recorder, names] of this.#groupBySymbol(streams)) {
      recorder.subscribe(recvUs, conn, names);
    }
    for (const stream of streams) watch.acknowledge(stream, clock.monotonicMs());
  }

  #takeError(recvUs: number, id: number | undefined, reason: string): void {
    const { conn, watch, clock, log, exchange, subscription } = this.#options;
    const streams = id === undefined ? [] : (subscription.answer(id) ?? []);
    for (const [recorder, names] of this.#groupBySymbol(streams)) {
      recorder.appendControl(recvUs, conn, 'refused', { streams: names, reason });
    }
    for (const stream of streams) watch.refuse(stream, clock.monotonicMs());
    const symbols = [...new Set(streams.map((stream) => stream.symbol))];
    const hint = `not recorded; check exchanges.${exchange.name}.symbols and channels`;
    log.error(`subscribe ${exchange.name} on ${conn}: ${reason}`, { symbols, hint });
  }

  #takeShutdown(recvUs: number): void {
    const { conn } = this.#options;
    this.isShutdown = true;
    for (const recorder of new Set(this.#recorders.values())) {
      recorder.appendControl(recvUs, conn, 'shutdown', {});
    }
  }

  #keepUnreadable(recvUs: number, frame: Buffer): void {
    const { conn, clock, log, targets } = this.#options;
    const fields = { base64: frame.toString('base64') };
    targets[0]!.recorder.appendControl(recvUs, conn, 'unreadable', fields);
    this.#unreadable++;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#warnedMs < warnEveryMs) return;
    this.#warnedMs = nowMs;
    const counts = { frames: this.#unreadable, bytes: frame.length };
    log.warn(`read frame on ${conn}: it is no line of JSON; kept as base64`, counts);
  }

  #groupBySymbol(streams: readonly Stream[]): Map<Recorder, string[]> {
    const groups = new Map<Recorder, string[]>();
    for (const stream of streams) {
      const recorder = this.#recorders.get(stream)!;
      groups.set(recorder, [...(groups.get(recorder) ?? []), stream.name]);
    }
    return groups;
  }
}
