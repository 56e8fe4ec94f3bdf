// What was received and found since the process began: of each symbol, and of each lane of a venue. A
// symbol or a connection that goes and comes back counts on, so that no total ever falls. Holds no
// effects.

import type { Instrument } from '../lake/layout.ts';

export class SymbolTotals {
  /** Frames of the symbol's streams, and bytes in them. */
  messages = 0;
  bytes = 0;
  partsSealed = 0;
  gapsFound = 0;
  /** Trades in these gaps when they were found. */
  tradesMissed = 0;
  /** Trades fetched over REST. */
  tradesFilled = 0;

  add(other: SymbolTotals): void {
    this.messages += other.messages;
    this.bytes += other.bytes;
    this.partsSealed += other.partsSealed;
    this.gapsFound += other.gapsFound;
    this.tradesMissed += other.tradesMissed;
    this.tradesFilled += other.tradesFilled;
  }
}

export type LaneTotals = { exchange: string; lane: number; reconnects: number; handovers: number };

/** The totals of what is no longer there. */
export class PastTotals {
  readonly #symbols = new Map<string, SymbolTotals>();
  readonly #lanes = new Map<string, LaneTotals>();

  addSymbol({ exchange, symbol }: Instrument, totals: SymbolTotals): void {
    const key = `${exchange}/${symbol}`;
    const past = this.#symbols.get(key) ?? new SymbolTotals();
    past.add(totals);
    this.#symbols.set(key, past);
  }

  /** What there was of the symbol, and what there is. */
  sumSymbol({ exchange, symbol }: Instrument, totals: SymbolTotals): SymbolTotals {
    const sum = new SymbolTotals();
    sum.add(totals);
    const past = this.#symbols.get(`${exchange}/${symbol}`);
    if (past !== undefined) sum.add(past);
    return sum;
  }

  addLane(totals: LaneTotals): void {
    addLane(this.#lanes, totals);
  }

  /** What there was of every lane, and what there is in `present`. */
  sumLanes(present: readonly LaneTotals[]): LaneTotals[] {
    const lanes = new Map<string, LaneTotals>();
    for (const totals of [...this.#lanes.values(), ...present]) addLane(lanes, totals);
    return [...lanes.values()].sort((a, b) => a.lane - b.lane);
  }
}

function addLane(lanes: Map<string, LaneTotals>, totals: LaneTotals): void {
  const { exchange, lane, reconnects, handovers } = totals;
  const key = `${exchange}/${lane}`;
  const past = lanes.get(key) ?? { exchange, lane, reconnects: 0, handovers: 0 };
  past.reconnects += reconnects;
  past.handovers += handovers;
  lanes.set(key, past);
}
