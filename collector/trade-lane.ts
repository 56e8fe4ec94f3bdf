// The trade ids one connection delivers of one symbol, in the order they come. While they count on,
// nothing else is looked at; anything else goes to the symbol's watch. Counts what the connection was
// first with, and what it never delivered though another did.

import type { IdRange } from './id-ranges.ts';

/** What the lanes of one symbol share. */
type Watch = {
  newestId: number;
  /** Takes an id that does not follow the lane's last one. */
  take(lane: TradeLane, id: number, recvUs: number): void;
};

/**
 * Trades a connection delivered before any other, those another had delivered before, and those it never
 * delivered while another did.
 */
export type TradeScore = { first: number; late: number; missing: number };

export class TradeLane {
  readonly conn: string;
  /** When it was opened, on the monotonic clock. */
  readonly openedMs: number;
  /** Whether the exchange was asked what it has published since. */
  isProbed = false;
  /** The id that would follow; -1 before the first. */
  nextId = -1;
  /** Trades this connection delivered before any other. */
  first = 0;
  /** Trades it skipped that were not missing on every other connection as well. */
  missing = 0;
  readonly #watch: Watch;
  /** Ids from here to before `nextId` came in a row and are not accounted for yet. */
  #runFrom = -1;
  /** Where the lane started, so that a gap before that is not held against it. */
  #firstId = -1;
  /** Trades delivered, without those of the current run. */
  #delivered = 0;
  #suspectId = -1;
  #suspects = 0;

  constructor(watch: Watch, conn: string, openedMs: number) {
    this.#watch = watch;
    this.conn = conn;
    this.openedMs = openedMs;
  }

  /** Takes the id of a trade received at `recvUs`. */
  note(id: number, recvUs: number): void {
    if (id !== this.nextId) {
      this.#watch.take(this, id, recvUs);
      return;
    }
    this.nextId = id + 1;
    if (id <= this.#watch.newestId) return;
    this.#watch.newestId = id;
    this.first++;
  }

  /** The first id of this lane; -1 before it. */
  get firstId(): number {
    return this.#firstId;
  }

  /** Trades another connection had delivered before. */
  get late(): number {
    const running = this.#runFrom < 0 ? 0 : this.nextId - this.#runFrom;
    return Math.max(0, this.#delivered + running - this.first);
  }

  /** Counts a trade that came out of its order. */
  countSingle(): void {
    this.#delivered++;
  }

  /** A new run begins with `id`. */
  begin(id: number): void {
    if (this.#firstId < 0) this.#firstId = id;
    this.#runFrom = id;
    this.nextId = id + 1;
  }

  /** The ids delivered in a row since this was last called, or undefined. */
  takeRun(): IdRange | undefined {
    if (this.#runFrom < 0 || this.#runFrom >= this.nextId) return undefined;
    const run = { from: this.#runFrom, to: this.nextId - 1 };
    this.#runFrom = this.nextId;
    this.#delivered += run.to - run.from + 1;
    return run;
  }

  /** How many ids in a row, this one included, lay where none can be. */
  suspect(id: number): number {
    this.#suspects = id === this.#suspectId ? this.#suspects + 1 : 1;
    this.#suspectId = id + 1;
    return this.#suspects;
  }

  /** Nobody delivered the gap, which is no fault of this connection. */
  forgive({ from, to }: IdRange): void {
    if (from > this.#firstId) this.missing = Math.max(0, this.missing - (to - from + 1));
  }

  /** Whatever comes next is taken as the first. */
  forget(): void {
    this.nextId = -1;
    this.#runFrom = -1;
    this.#firstId = -1;
  }
}
