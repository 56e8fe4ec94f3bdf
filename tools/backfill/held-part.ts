// A part of fills before it is staged: its lines, and what the raw manifest will say of it. It begins
// with a `fill` line that says which trades follow and where they come from. Holds no effects.

import type { TradeMark } from '../../exchanges/rest.ts';
import type { Day } from '../../lake/day.ts';
import type { PartRecord } from '../../lake/part-manifest.ts';
import { formatControlLine, formatFramePrefix, frameSuffix } from '../../lake/raw-line.ts';

/** Where trades came from: the `conn` of their lines. */
export type FillSource = 'rest' | 'archive';

/** Trades as one raw line will hold them. */
export type FillRows = {
  source: FillSource;
  receivedUs: number;
  /** JSON array of rows as the exchange answers them, without a newline. */
  rows: Uint8Array;
  /** What the rows are, in their order; at least one. */
  marks: readonly TradeMark[];
  /** Of the archive file they come from. */
  sha256?: string;
};

export class HeldPart {
  readonly #lines: Uint8Array[] = [];
  bytes = 0;
  #rowLines = 0;
  #trades = 0;
  #ids: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #times: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #received: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  readonly day: Day;
  readonly source: FillSource;
  readonly sha256: string | undefined;

  constructor(day: Day, source: FillSource, sha256: string | undefined) {
    this.day = day;
    this.source = source;
    this.sha256 = sha256;
  }

  append({ source, receivedUs, rows, marks }: FillRows): void {
    const prefix = Buffer.from(formatFramePrefix(receivedUs, source));
    this.#lines.push(prefix, rows, Buffer.from(frameSuffix));
    this.bytes += prefix.length + rows.length + frameSuffix.length;
    this.#rowLines++;
    this.#trades += marks.length;
    this.#received = widen(this.#received, receivedUs);
    for (const { id, timeUs } of marks) {
      this.#ids = widen(this.#ids, id);
      this.#times = widen(this.#times, timeUs);
    }
  }

  /** All lines, the `fill` line first. */
  list(): Uint8Array[] {
    return [Buffer.from(this.#formatHead()), ...this.#lines];
  }

  #formatHead(): string {
    const [from_id, to_id] = this.#ids;
    const origin = this.sha256 === undefined ? {} : { sha256: this.sha256 };
    const fields = { from_id, to_id, trades: this.#trades, source: this.source, ...origin };
    return formatControlLine(this.#received[0], this.source, 'fill', fields);
  }

  describe(bytes: number, sha256: string): Omit<PartRecord, 'part'> {
    return {
      bytes,
      lines: this.#rowLines + 1,
      sha256,
      streams: {},
      first_recv: this.#received[0],
      last_recv: this.#received[1],
      first_event: this.#times[0],
      last_event: this.#times[1],
      first_trade_id: this.#ids[0],
      last_trade_id: this.#ids[1],
    };
  }
}

function widen([low, high]: readonly [number, number], value: number): readonly [number, number] {
  return value >= low && value <= high
    ? [low, high]
    : [Math.min(low, value), Math.max(high, value)];
}
