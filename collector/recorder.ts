// The recorder of one symbol: what is received for it goes into its current part, and parts end and
// begin here. Every part can be read alone: it begins with a `listening` line for each connection
// already subscribed and ends with a `rotate` line for each that still is. Nothing that was appended
// is ever dropped; parts are sealed one after another, behind the receive path.

import type { RoutedFrame } from '../exchanges/exchange.ts';
import type { Clock } from '../lake/clock.ts';
import type { Instrument, PartCompression } from '../lake/layout.ts';
import { rawDayDir } from '../lake/layout.ts';
import { type ControlEvent, type ControlFields, formatControlLine } from '../lake/raw-line.ts';
import { formatAnswerLine } from './answer-line.ts';
import type { ChunkPool } from './chunk-pool.ts';
import { addRange, countIds, type IdRange } from './id-ranges.ts';
import { IdTimes } from './id-times.ts';
import { LatencyWindow } from './latency.ts';
import { isClockSetSince, isOver, type OpenPart } from './open-part.ts';
import type { OpenPartFile } from './part-file.ts';
import { PartNumbers } from './part-numbers.ts';
import { PartTally } from './part-tally.ts';
import { PartWriter } from './part-writer.ts';
import {
  findDaySpan,
  isOutside,
  planNextRotationMs,
  planTurnUs,
  type RotationLimits,
} from './rotation.ts';
import type { RunStep } from './seal.ts';
import { SymbolTotals } from './totals.ts';
import type { TradeLane } from './trade-lane.ts';
import { type TradeStream, TradeWatch } from './trade-watch.ts';
import type { Turnstile } from './turnstile.ts';

export type RecorderOptions = {
  root: string;
  clock: Clock;
  pool: ChunkPool;
  limits: RotationLimits;
  compression: PartCompression;
  openFile: OpenPartFile;
  /** Runs a step on the disk until it succeeds. */
  run: RunStep;
  /** Limits how many parts are sealed at once. */
  sealing: Turnstile;
  /** Resolves when what is missing is on disk: no part with a gap in it is sealed before. */
  keepGaps: () => Promise<void>;
  /** Called when the number of parts not yet sealed has changed, with the difference. */
  onUnsealed: (change: 1 | -1) => void;
};

export class Recorder {
  readonly instrument: Instrument;
  readonly latency = new LatencyWindow();
  readonly trades: TradeWatch;
  /** When trades at the edges of gaps came. */
  readonly idTimes = new IdTimes();
  /** Receive time of the last trade, µs; 0 before the first. */
  lastTradeUs = 0;
  /** Since it was opened. */
  readonly totals = new SymbolTotals();
  readonly #options: RecorderOptions;
  #streams: readonly string[];
  readonly #numbers = new PartNumbers();
  /** The streams acknowledged so far, by connection. */
  readonly #listening = new Map<string, string[]>();
  #tradeStream: string | undefined;
  readonly #lanes = new Map<string, TradeLane>();
  /** Trades that were missing and stand in parts not sealed yet, by part. */
  readonly #settling = new Set<IdRange[]>();
  #part: OpenPart | undefined;
  #nextRotationMs: number;
  /** Ends when the newest part has its file: numbers are given in the order of the parts. */
  #opened: Promise<unknown> = Promise.resolve();
  /** Ends when every part that has ended is sealed. */
  #sealed: Promise<void> = Promise.resolve();

  /** `streams` are the names of the symbol's streams; frames name them by index. */
  constructor(
    options: RecorderOptions,
    instrument: Instrument,
    streams: readonly string[],
    firstRotationMs: number,
    tradeStream: TradeStream = { name: undefined, isContiguous: false },
  ) {
    this.#options = options;
    this.instrument = instrument;
    this.#streams = streams;
    this.#nextRotationMs = firstRotationMs;
    this.#tradeStream = tradeStream.name;
    this.trades = new TradeWatch({
      isContiguous: tradeStream.isContiguous,
      nowMs: () => options.clock.monotonicMs(),
      onGap: (gap, conn, recvUs) => this.#noteGap(gap, conn, recvUs),
      onLate: (ids) => this.#settle(ids),
    });
  }

  /** Takes more streams of the symbol; the part that follows is the first to hold them. */
  addStreams(streams: readonly string[], tradeStream: string | undefined): void {
    const added = streams.filter((name) => !this.#streams.includes(name));
    this.#tradeStream ??= tradeStream;
    this.#streams = [...this.#streams, ...added];
    if (added.length > 0 && this.#part !== undefined) this.#rotate(this.#options.clock.nowUs());
  }

  /** The index by which frames name a stream. */
  findStream(name: string): number {
    return this.#streams.indexOf(name);
  }

  /** The lane for trades of connection `conn`: it ends with `close`. */
  openLane(conn: string): TradeLane {
    const lane = this.#lanes.get(conn) ?? this.trades.openLane(conn);
    this.#lanes.set(conn, lane);
    return lane;
  }

  /** Takes up what an earlier run has left: its last trade, and what was missing. */
  restore(last: { id: number; timeUs: number } | undefined, gaps: readonly IdRange[]): void {
    this.trades.restore(last?.id ?? -1, gaps);
    this.lastTradeUs = last?.timeUs ?? 0;
  }

  /** Changes whenever `listUnsealedGaps` may have. */
  get gapChanges(): number {
    return this.trades.changes;
  }

  /** Trades that would be missing if the process died now. */
  listUnsealedGaps(): IdRange[] {
    const all = [...this.trades.gaps];
    for (const settled of this.#settling) for (const ids of settled) addRange(all, ids);
    return all;
  }

  /** Appends a frame of the symbol's stream number `stream`, whose event time and trade id are found. */
  appendFrame(
    recvUs: number,
    prefix: Uint8Array,
    frame: Uint8Array,
    stream: number,
    found: Pick<RoutedFrame, 'eventUs' | 'tradeId'>,
  ): void {
    const part = this.#findPart(recvUs, prefix.length + frame.length + 2);
    part.writer.buffer.appendFrame(prefix, frame);
    part.tally.countLine(recvUs);
    this.totals.messages++;
    this.totals.bytes += frame.length;
    const { eventUs, tradeId } = found;
    part.tally.countFrame(stream, eventUs, tradeId);
    if (tradeId < 0) return;
    this.lastTradeUs = recvUs;
    if (eventUs > 0) this.latency.add(recvUs - eventUs);
  }

  /** Appends a frame that belongs to none of the streams. */
  appendForeign(recvUs: number, prefix: Uint8Array, frame: Uint8Array): void {
    const part = this.#findPart(recvUs, prefix.length + frame.length + 2);
    part.writer.buffer.appendFrame(prefix, frame);
    part.tally.countLine(recvUs);
  }

  appendControl(recvUs: number, conn: string, event: ControlEvent, fields?: ControlFields): void {
    const line = Buffer.from(formatControlLine(recvUs, conn, event, fields));
    this.#append(this.#findPart(recvUs, line.length), recvUs, line);
  }

  /** Appends an answer of the exchange's REST interface, byte for byte but for its newlines. */
  appendAnswer(recvUs: number, conn: string, body: Buffer): void {
    const line = formatAnswerLine(recvUs, conn, body);
    this.#append(this.#findPart(recvUs, line.length), recvUs, line);
  }

  /** The ids are no longer missing: they were just appended, or cannot be had. */
  settle(ids: IdRange): void {
    this.trades.settle(ids);
    this.#settle([ids]);
  }

  /**
   * The exchange has acknowledged these streams of the symbol on connection `conn`. Asked again for
   * streams it listens to already, it says nothing new: they have been listened to since the first time.
   */
  subscribe(recvUs: number, conn: string, streams: readonly string[]): void {
    const before = this.#listening.get(conn) ?? [];
    const all = [...new Set([...before, ...streams])];
    if (all.length === before.length) return;
    this.appendControl(recvUs, conn, 'subscribed', { streams });
    this.#listening.set(conn, all);
    if (this.#tradeStream !== undefined && streams.includes(this.#tradeStream)) this.openLane(conn);
  }

  close(recvUs: number, conn: string, fields: ControlFields): void {
    this.appendControl(recvUs, conn, 'close', fields);
    this.#listening.delete(conn);
    const lane = this.#lanes.get(conn);
    if (lane !== undefined) this.trades.close(lane);
    this.#lanes.delete(conn);
  }

  flush(): void {
    this.#part?.writer.flush();
  }

  /** Ends the part where its time is up or its day is over. */
  rotateWhenDue(nowMs: number): void {
    const nowUs = this.#options.clock.nowUs();
    const { everyMs } = this.#options.limits;
    const due = nowMs >= this.#nextRotationMs;
    if (due) this.#nextRotationMs = planNextRotationMs(this.#nextRotationMs, nowMs, everyMs);
    if (this.#part && (due || isOutside(this.#part.span, nowUs))) this.#rotate(nowUs);
  }

  /** Ends the current part and resolves when every part is sealed. Nothing may be appended after. */
  async finish(): Promise<void> {
    if (this.#part !== undefined) this.#endPart(this.#part);
    await this.#sealed;
  }

  /** The part for a line of `length` bytes received at `recvUs`. */
  #findPart(recvUs: number, length: number): OpenPart {
    const part = this.#part;
    if (part === undefined) return this.#beginPart(recvUs);
    const { limits, clock } = this.#options;
    if (isOver(part, recvUs, length, limits, clock)) {
      this.#rotate(recvUs);
      return this.#part ?? this.#beginPart(recvUs);
    }
    return part;
  }

  /** Ends the part and, where a connection goes on listening, begins the next. */
  #rotate(nowUs: number): void {
    const part = this.#part!;
    const { span, tally } = part;
    const isSet = isClockSetSince(part, nowUs, this.#options.clock);
    const { endUs, beginUs } = planTurnUs(span, nowUs, tally.lastRecvUs, isSet);
    for (const conn of this.#listening.keys()) {
      this.#append(part, endUs, Buffer.from(formatControlLine(endUs, conn, 'rotate')));
    }
    this.#endPart(part);
    if (this.#listening.size === 0) return;
    const next = this.#beginPart(nowUs);
    for (const [conn, streams] of this.#listening) {
      const line = formatControlLine(beginUs, conn, 'listening', { streams });
      this.#append(next, beginUs, Buffer.from(line));
    }
  }

  #noteGap({ from, to }: IdRange, conn: string, recvUs: number): void {
    this.idTimes.note(from - 1, this.lastTradeUs);
    this.idTimes.note(to + 1, recvUs);
    const fields = { stream: this.#tradeStream ?? '', from_id: from, to_id: to };
    this.appendControl(recvUs, conn, 'gap', fields);
    this.totals.gapsFound++;
    this.totals.tradesMissed += countIds([{ from, to }]);
  }

  /** What is about to be appended, or was, is safe when the part that ends with it is sealed. */
  #settle(ids: readonly IdRange[]): void {
    const part = this.#part ?? this.#beginPart(this.#options.clock.nowUs());
    for (const range of ids) addRange(part.settled, range);
    this.#settling.add(part.settled);
  }

  #append(part: OpenPart, recvUs: number, line: Uint8Array): void {
    part.writer.buffer.append(line);
    part.tally.countLine(recvUs);
  }

  #beginPart(recvUs: number): OpenPart {
    const { root, openFile, run, pool, clock, onUnsealed } = this.#options;
    const [span, begun] = [findDaySpan(recvUs), { us: recvUs, ms: clock.monotonicMs() }];
    const dayDir = rawDayDir(root, this.instrument, span.day);
    const opened = this.#opened.then(() =>
      run(`open part in ${dayDir}`, () => this.#numbers.openNext(dayDir, openFile)),
    );
    this.#opened = opened;
    const writer = new PartWriter(pool, opened, run);
    this.#part = { span, begun, writer, tally: new PartTally(this.#streams), settled: [] };
    onUnsealed(1);
    return this.#part;
  }

  #endPart(part: OpenPart): void {
    this.#part = undefined;
    const { compression, sealing, keepGaps, onUnsealed } = this.#options;
    this.#sealed = Promise.all([this.#sealed, part.writer.drain()]).then(async () => {
      await keepGaps();
      await sealing.run(() => part.writer.seal(part.tally, compression));
      this.totals.partsSealed++;
      if (this.#settling.delete(part.settled)) this.trades.changes++;
      onUnsealed(-1);
    });
  }
}
