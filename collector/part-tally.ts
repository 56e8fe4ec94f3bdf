// What the manifest will say of a part, counted while its lines are appended. First and last mean
// lowest and highest: a clock that steps back and trades out of order leave them true.

import type { PartRecord } from '../lake/part-manifest.ts';

export class PartTally {
  lines = 0;
  /** Frames per stream, by the stream's index. */
  readonly frames: Float64Array;
  totalFrames = 0;
  firstRecvUs = Number.POSITIVE_INFINITY;
  lastRecvUs = Number.NEGATIVE_INFINITY;
  firstEventUs = Number.POSITIVE_INFINITY;
  lastEventUs = Number.NEGATIVE_INFINITY;
  firstTradeId = Number.POSITIVE_INFINITY;
  lastTradeId = Number.NEGATIVE_INFINITY;
  readonly #streams: readonly string[];

  /** `streams` are the names of the symbol's streams. */
  constructor(streams: readonly string[]) {
    this.#streams = streams;
    this.frames = new Float64Array(streams.length);
  }

  /** Counts a line of any kind. */
  countLine(recvUs: number): void {
    this.lines++;
    if (recvUs < this.firstRecvUs) this.firstRecvUs = recvUs;
    if (recvUs > this.lastRecvUs) this.lastRecvUs = recvUs;
  }

  /** Counts a frame of the stream with that index, beside its line. */
  countFrame(stream: number, eventUs: number, tradeId: number): void {
    this.frames[stream]!++;
    this.totalFrames++;
    if (eventUs > 0) {
      if (eventUs < this.firstEventUs) this.firstEventUs = eventUs;
      if (eventUs > this.lastEventUs) this.lastEventUs = eventUs;
    }
    if (tradeId >= 0) {
      if (tradeId < this.firstTradeId) this.firstTradeId = tradeId;
      if (tradeId > this.lastTradeId) this.lastTradeId = tradeId;
    }
  }

  describe(file: { part: string; bytes: number; sha256: string }): PartRecord {
    const streams: Record<string, number> = {};
    for (const [index, name] of this.#streams.entries()) {
      if (this.frames[index]! > 0) streams[name] = this.frames[index]!;
    }
    return {
      part: file.part,
      bytes: file.bytes,
      lines: this.lines,
      sha256: file.sha256,
      streams,
      first_recv: orNull(this.firstRecvUs),
      last_recv: orNull(this.lastRecvUs),
      first_event: orNull(this.firstEventUs),
      last_event: orNull(this.lastEventUs),
      first_trade_id: orNull(this.firstTradeId),
      last_trade_id: orNull(this.lastTradeId),
    };
  }
}

function orNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
