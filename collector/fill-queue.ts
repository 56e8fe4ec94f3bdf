// Which gap is filled next. Symbols take turns page by page, those served least first and among them the
// smallest gap first: a thousand small gaps are not kept waiting by one of a million trades, nor that by
// them. A gap that could not be filled is put off for longer each time. Decides only.

import type { IdRange } from './id-ranges.ts';

const putOff = { firstMs: 1000, maxMs: 60_000 };

/** A symbol with gaps; at most one of its pages is under way. */
export type FillSource = { readonly trades: { readonly gaps: readonly IdRange[] } };

export type FillTask<Source> = { source: Source; gap: IdRange };

type Turn = {
  pages: number;
  isBusy: boolean;
  /** Gaps put off, by their last id: the first one changes while a gap is being filled. */
  waits: Map<number, { attempts: number; untilMs: number }>;
};

export class FillQueue<Source extends FillSource> {
  readonly #turns = new Map<Source, Turn>();

  /** The gap whose turn it is; its symbol is busy until `finish`. Undefined where none is due. */
  take(sources: readonly Source[], nowMs: number): FillTask<Source> | undefined {
    let best: { source: Source; gap: IdRange; turn: Turn } | undefined;
    for (const source of sources) {
      const { gaps } = source.trades;
      const turn = this.#findTurn(source);
      if (gaps.length === 0 || turn?.isBusy === true) continue;
      const gap = findSmallestDue(gaps, turn, nowMs);
      if (gap === undefined) continue;
      const rival = { source, gap, turn: turn ?? { pages: 0, isBusy: false, waits: new Map() } };
      if (best === undefined || isBefore(rival, best)) best = rival;
    }
    if (best === undefined) return undefined;
    const { source, gap, turn } = best;
    turn.pages++;
    turn.isBusy = true;
    this.#turns.set(source, turn);
    return { source, gap: { ...gap } };
  }

  /** The page of that symbol is done with, whatever became of it. */
  finish(source: Source): void {
    const turn = this.#turns.get(source);
    if (turn !== undefined) turn.isBusy = false;
    this.#findTurn(source);
  }

  /** The gap could not be filled now; how often that has happened. */
  delay({ source, gap }: FillTask<Source>, nowMs: number): number {
    const waits = this.#turns.get(source)!.waits;
    const attempts = (waits.get(gap.to)?.attempts ?? 0) + 1;
    const waitMs = Math.min(putOff.maxMs, putOff.firstMs * 2 ** (attempts - 1));
    waits.set(gap.to, { attempts, untilMs: nowMs + waitMs });
    return attempts;
  }

  /** The turn of a symbol, without what it no longer needs to remember. */
  #findTurn(source: Source): Turn | undefined {
    const turn = this.#turns.get(source);
    if (turn === undefined || turn.isBusy) return turn;
    const { gaps } = source.trades;
    if (gaps.length === 0) {
      this.#turns.delete(source);
      return undefined;
    }
    for (const to of turn.waits.keys()) {
      if (!gaps.some((gap) => gap.to === to)) turn.waits.delete(to);
    }
    return turn;
  }
}

function findSmallestDue(
  gaps: readonly IdRange[],
  turn: Turn | undefined,
  nowMs: number,
): IdRange | undefined {
  let smallest: IdRange | undefined;
  for (const gap of gaps) {
    const untilMs = turn?.waits.get(gap.to)?.untilMs ?? 0;
    if (nowMs < untilMs) continue;
    if (smallest === undefined || sizeOf(gap) < sizeOf(smallest)) smallest = gap;
  }
  return smallest;
}

type Candidate = { gap: IdRange; turn: Turn };

function isBefore(a: Candidate, b: Candidate): boolean {
  if (a.turn.pages !== b.turn.pages) return a.turn.pages < b.turn.pages;
  return sizeOf(a.gap) < sizeOf(b.gap);
}

function sizeOf({ from, to }: IdRange): number {
  return to - from + 1;
}
