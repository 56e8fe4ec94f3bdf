// Since when each symbol has lacked trades, for the status. Looked at with every tick, since a gap may come
// and go between two of them without anybody having to know.

import type { Recorder } from './recorder.ts';

export type GapFigures = {
  gaps_open: number;
  gap_age_seconds: number | null;
  trades_filled: number;
};

export class GapAges {
  readonly #sinceMs = new WeakMap<Recorder, number>();

  tick(recorders: readonly Recorder[], nowMs: number): void {
    for (const recorder of recorders) {
      if (recorder.trades.gaps.length === 0) this.#sinceMs.delete(recorder);
      else if (!this.#sinceMs.has(recorder)) this.#sinceMs.set(recorder, nowMs);
    }
  }

  describe(recorder: Recorder, nowMs: number): GapFigures {
    const sinceMs = this.#sinceMs.get(recorder);
    return {
      gaps_open: recorder.trades.gaps.length,
      gap_age_seconds: sinceMs === undefined ? null : Math.round((nowMs - sinceMs) / 1000),
      trades_filled: recorder.totals.tradesFilled,
    };
  }
}
