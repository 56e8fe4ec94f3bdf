// The trade ids of one symbol, over all connections that deliver them: which was the newest, and which
// are missing. A connection's frames come in one lane; as long as they count on, an id costs one
// compare and two stores. A jump opens a hole. The hole becomes a gap when no other lane can still
// deliver it, or has not in time; a late id shrinks it. A damaged id must not blind the watch: an
// incredible jump is believed only when more ids follow it. Decides only.

import {
  addRange,
  boundRanges,
  countIds,
  countOverlap,
  type IdRange,
  removeRange,
} from './id-ranges.ts';
import { TradeLane } from './trade-lane.ts';

/** A lane that has not delivered a hole after so long does not keep it from being a gap. */
const waitForLanesMs = 2000;
/** No exchange publishes so many trades of a symbol while nobody listens: such an id is damaged. */
const maxJump = 1_000_000_000;
/** So many ids in a row that lie where none can be are believed: the ids have started over. */
const believedAfter = 32;
/** Gaps kept apart; beyond it the closest are joined, and what lies between is fetched twice. */
const maxGaps = 1000;

/** How the trades of a symbol come. */
export type TradeStream = {
  /** Name of the stream, where it is subscribed. */
  name: string | undefined;
  isContiguous: boolean;
};

export type TradeWatchOptions = {
  /** Whether the venue's trade ids leave none out. Where they do, nothing is ever missing. */
  isContiguous: boolean;
  nowMs: () => number;
  /** Called for a gap when it is found, with the connection whose ids showed it. */
  onGap: (gap: IdRange, conn: string, recvUs: number) => void;
  /** Called for ids of a gap that came after all. */
  onLate: (ids: readonly IdRange[]) => void;
};

/** Ids that one lane skipped and another may still deliver. */
type Hole = IdRange & { conn: string; recvUs: number; sinceMs: number };

export class TradeWatch {
  /** Every id up to here was delivered or is missing; -1 while none is known. */
  newestId = -1;
  /** What is missing and not yet filled. */
  readonly gaps: IdRange[] = [];
  /** Counts the changes of `gaps`. */
  changes = 0;
  readonly #options: TradeWatchOptions;
  readonly #lanes = new Set<TradeLane>();
  #holes: Hole[] = [];
  /** Whether `newestId` is what an earlier run has left, and no lane has confirmed it. */
  #isRestored = false;

  constructor(options: TradeWatchOptions) {
    this.#options = options;
  }

  /** The connections that may deliver. */
  get lanes(): Iterable<TradeLane> {
    return this.#lanes;
  }

  /** A lane for the trades of a connection, from when it is subscribed or has delivered. */
  openLane(conn: string): TradeLane {
    const lane = new TradeLane(this, conn, this.#options.nowMs());
    this.#lanes.add(lane);
    return lane;
  }

  /** The connection has ended: what only it could have delivered is missing. */
  close(lane: TradeLane): void {
    this.#settleRun(lane);
    this.#lanes.delete(lane);
    lane.forget();
    this.#judgeHoles();
  }

  /** What an earlier run has left: its last trade, and what was missing. */
  restore(lastId: number, gaps: readonly IdRange[]): void {
    this.newestId = lastId;
    this.#isRestored = lastId >= 0;
    for (const gap of gaps) addRange(this.gaps, gap);
    this.changes++;
  }

  /** Whether a connection has been open since `openedMs` and nothing is known of what it should deliver. */
  isAwaited(openedMs: number): boolean {
    for (const lane of this.#lanes) {
      if (lane.nextId < 0 && !lane.isProbed && lane.openedMs <= openedMs) return true;
    }
    return false;
  }

  /** Looks again at what is waiting for other lanes. */
  tick(): void {
    if (this.#holes.length === 0 && this.gaps.length === 0) return;
    for (const lane of this.#lanes) this.#settleRun(lane);
    this.#judgeHoles();
  }

  /** The exchange has published trades up to `id`, seen elsewhere than on a lane. */
  advance(id: number, conn: string, recvUs: number): void {
    if (this.newestId >= 0 && id > this.newestId && this.#options.isContiguous) {
      this.#confirm({ from: this.newestId + 1, to: id }, conn, recvUs);
    }
    if (id > this.newestId) this.newestId = id;
    this.#isRestored = false;
  }

  /** The ids are no longer missing: they were filled, or cannot be. */
  settle(ids: IdRange): void {
    if (removeRange(this.gaps, ids).length > 0) this.changes++;
  }

  /** Ids of `gap` do not exist: what seemed to be the newest was a damaged one. */
  refute(gap: IdRange): void {
    this.settle(gap);
    if (this.newestId !== gap.to + 1) return;
    this.#startOver(gap.from - 1);
  }

  /** Takes an id that does not follow the lane's last one. The slow way. */
  take(lane: TradeLane, id: number, recvUs: number): void {
    this.#settleRun(lane);
    // What an earlier run has left is no better than the first id that contradicts it.
    if (this.#isRestored && id <= this.newestId) this.#startOver(id - 1);
    if (this.#isIncredible(lane, id)) {
      if (lane.suspect(id) < believedAfter) return;
      this.#startOver(id);
      lane.begin(id);
      return;
    }
    if (lane.nextId >= 0 && id < lane.nextId) {
      lane.countSingle();
      this.#takeLate({ from: id, to: id }, lane);
      return;
    }
    if (lane.nextId >= 0) {
      const skipped = { from: lane.nextId, to: id - 1 };
      lane.missing += countIds([skipped]) - countOverlap(this.gaps, skipped);
    }
    lane.begin(id);
    if (id > this.newestId) this.#takeNewest(id, lane, recvUs);
    this.#isRestored = false;
    this.#judgeHoles();
  }

  /** Whether the id lies so far ahead, or so far back, that it must be damaged or a new beginning. */
  #isIncredible(lane: TradeLane, id: number): boolean {
    if (this.newestId < 0) return false;
    if (id > this.newestId + maxJump) return true;
    if (lane.nextId < 0 || id >= lane.nextId) return false;
    const isMissing = countOverlap([...this.gaps, ...this.#holes], { from: id, to: id }) > 0;
    return !isMissing && id < lane.nextId - 1;
  }

  #takeNewest(id: number, lane: TradeLane, recvUs: number): void {
    const before = this.newestId;
    this.newestId = id;
    lane.first++;
    if (before < 0 || id === before + 1 || !this.#options.isContiguous) return;
    const sinceMs = this.#options.nowMs();
    this.#holes.push({ from: before + 1, to: id - 1, conn: lane.conn, recvUs, sinceMs });
  }

  /** Everything the lane has delivered in a row since this was last called. */
  #settleRun(lane: TradeLane): void {
    const run = lane.takeRun();
    if (run === undefined || (this.#holes.length === 0 && this.gaps.length === 0)) return;
    this.#takeLate(run, lane);
  }

  #takeLate(ids: IdRange, lane: TradeLane): void {
    this.#holes = this.#holes.flatMap((hole) => {
      const rest = [{ from: hole.from, to: hole.to }];
      const found = countIds(removeRange(rest, ids));
      lane.first += found;
      if (ids.to < lane.nextId - 1) lane.missing -= found;
      return rest.map((range) => ({ ...hole, ...range }));
    });
    const late = removeRange(this.gaps, ids);
    lane.first += countIds(late);
    if (late.length === 0) return;
    this.changes++;
    this.#options.onLate(late);
  }

  #judgeHoles(): void {
    if (this.#holes.length === 0) return;
    const nowMs = this.#options.nowMs();
    const [due, waiting] = [[] as Hole[], [] as Hole[]];
    for (const hole of this.#holes) {
      const mayCome = nowMs - hole.sinceMs < waitForLanesMs && this.#canDeliver(hole);
      (mayCome ? waiting : due).push(hole);
    }
    this.#holes = waiting;
    for (const { from, to, conn, recvUs } of due) this.#confirm({ from, to }, conn, recvUs);
  }

  #canDeliver({ to }: Hole): boolean {
    for (const lane of this.#lanes) if (lane.nextId <= to) return true;
    return false;
  }

  #confirm(gap: IdRange, conn: string, recvUs: number): void {
    addRange(this.gaps, gap);
    boundRanges(this.gaps, maxGaps);
    this.changes++;
    for (const lane of this.#lanes) if (lane.nextId > gap.to) lane.forgive(gap);
    this.#options.onGap(gap, conn, recvUs);
  }

  /** Forgets what the lanes have seen: the next id of each is compared with `newestId` alone. */
  #startOver(newestId: number): void {
    this.newestId = newestId;
    this.#isRestored = false;
    this.#holes = [];
    for (const lane of this.#lanes) lane.forget();
  }
}
