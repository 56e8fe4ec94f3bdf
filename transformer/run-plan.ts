// What a run over one instrument has found that it has to do.

import type { Day } from '../lake/day.ts';
import type { Instrument } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import type { Fault } from './faults.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import type { Part } from './parts.ts';
import type { WaitingPart } from './waiting.ts';

/** Parts to read, and those read before. */
export type PartSets = { pending: Part[]; known: { part: Part; entry: LedgerEntry }[] };

export type RunPlan = PartSets & {
  /** Days to be derived from nothing. */
  discarded: Set<Day>;
  /** Days of which only the manifests, or the quote seconds, are to be made from what stands. */
  redescribed: Fault[];
  /** Days that cannot be repaired here, by why. What is new of them waits. */
  blocked: Map<Day, string>;
  /** Days with a file that lies in a store alone, and the blocked ones: nothing can grow out of them. */
  away: Set<Day>;
  /** Parts, by name, that are read again because a day is derived from nothing. */
  repairing: Set<string>;
  /** Parts that are not read, because they need a day that is away. */
  waiting: WaitingPart[];
};

export type Planning = { root: string; instrument: Instrument; ledger: Ledger; log: Log };

export function emptyPlan(): RunPlan {
  return {
    pending: [],
    known: [],
    discarded: new Set(),
    redescribed: [],
    blocked: new Map(),
    away: new Set(),
    repairing: new Set(),
    waiting: [],
  };
}
