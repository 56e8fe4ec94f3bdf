// From what a day is derived again: its parts, and of the days around it either their ends as they are
// stored or, where these are not whole, their parts, too. Pure.

import type { Day } from '../../lake/day.ts';
import { findOwnOffsetUs } from '../../transformer/coverage.ts';
import type { LedgerEntry } from '../../transformer/ledger.ts';
import { listTouchedDays } from '../../transformer/partition-record.ts';
import type { Part } from '../../transformer/parts.ts';
import { count, summarize } from './finding.ts';
import { datasets, isWhole, type StoredDay } from './stored-day.ts';

/** What is there of the instrument around the day. */
export type Surroundings = {
  day: StoredDay;
  /** The nearest stored days, one or two of a side: bars and trades may differ in which that is. */
  before: readonly StoredDay[];
  after: readonly StoredDay[];
  /** Days that have quote seconds, ascending. */
  quoteDays: readonly Day[];
  /** The parts that are there, by name, of all receipt days that any of the days was made of. */
  parts: ReadonlyMap<string, Part>;
  /** What the ledger says of the parts that may say anything of the days, and of those that tell where these lie. */
  ledger: ReadonlyMap<string, LedgerEntry>;
};

export type DaySources = {
  parts: Part[];
  known: { part: Part; entry: LedgerEntry }[];
  entries: LedgerEntry[];
  before: StoredDay[];
  after: StoredDay[];
  quoteDays: Day[];
};

/** Why a day cannot be derived again. `gone` are the parts that are not there. */
export type Obstacle =
  | { reason: 'raw gone'; what: string; gone: string[] }
  | { reason: 'neighbour damaged' | 'part damaged'; what: string };

export function planDerivation(around: Surroundings): DaySources | Obstacle {
  const own = listSources(around.day, around);
  const needed = own.length > 0 ? own : listIndirectSources(around);
  const gone = needed.filter((name) => !around.parts.has(name));
  if (needed.length === 0) return { reason: 'raw gone', what: 'no part of it is known', gone };
  if (gone.length > 0) {
    const what = `${gone.length} of its ${count(needed.length, 'part')} are gone: ${summarize(gone).join(', ')}`;
    return { reason: 'raw gone', what, gone };
  }
  const pending = new Set(needed);
  const seeds = new Set<StoredDay>();
  const neighbours = [...around.before, ...around.after];
  for (const neighbour of neighbours) {
    if (own.length > 0 && canSeed(neighbour, around)) seeds.add(neighbour);
    else {
      const sources = listSources(neighbour, around);
      if (sources.some((name) => !around.parts.has(name))) {
        const isAway = datasets.some((dataset) => neighbour[dataset]?.away !== undefined);
        const why = isAway ? 'not here but in the store' : 'damaged and cannot be derived';
        return {
          reason: 'neighbour damaged',
          what: `it begins or ends where ${neighbour.day} does, which is ${why}`,
        };
      }
      for (const name of sources) pending.add(name);
    }
  }
  const entries = [...around.ledger.values()].filter(({ part }) => !pending.has(part));
  return {
    parts: sortParts([...pending].map((name) => around.parts.get(name)!)),
    entries,
    known: entries
      .filter((entry) => around.parts.has(entry.part))
      .map((entry) => ({ part: around.parts.get(entry.part)!, entry })),
    before: around.before.filter((neighbour) => seeds.has(neighbour)),
    after: around.after.filter((neighbour) => seeds.has(neighbour)),
    quoteDays: listSeedQuoteDays(around, seeds),
  };
}

/** The parts a day was made of: as its manifests say, and what the ledger knows to touch it. */
function listSources(stored: StoredDay, { ledger }: Pick<Surroundings, 'ledger'>): string[] {
  const names = new Set(listInputs(stored).map(({ part }) => part));
  for (const entry of ledger.values()) {
    if (listTouchedDays(entry).includes(stored.day)) names.add(entry.part);
  }
  return [...names].sort();
}

/**
 * What a day was made of that names no part: its seconds lie between two consecutive ids of the days beside
 * it, or were heard in parts whose clock others tell.
 */
function listIndirectSources(around: Surroundings): string[] {
  const beside = [...around.before, ...around.after].flatMap((each) => listSources(each, around));
  const untold = [...around.ledger.values()].filter(
    (entry) => findOwnOffsetUs(entry) === undefined,
  );
  return [...new Set([...beside, ...untold.map(({ part }) => part)])].sort();
}

/** The inputs that the day's manifests name. */
export function listInputs(stored: StoredDay) {
  return datasets.flatMap((dataset) => stored[dataset]?.manifest?.inputs ?? []);
}

/** Whether the end of a day can be taken as it stands. */
function canSeed(neighbour: StoredDay, { parts, ledger, quoteDays }: Surroundings): boolean {
  return (
    datasets.every((dataset) => neighbour[dataset] === undefined || isWhole(neighbour[dataset])) &&
    quoteDays.includes(neighbour.day) &&
    listInputs(neighbour).every(({ part }) => !parts.has(part) || ledger.has(part))
  );
}

/** Quotes are carried over from the nearest days that have any. */
function listSeedQuoteDays({ day, quoteDays, before, after }: Surroundings, seeds: Set<StoredDay>) {
  const unusable = [...before, ...after].filter((neighbour) => !seeds.has(neighbour));
  const usable = quoteDays.filter(
    (candidate) => candidate !== day.day && unusable.every((other) => other.day !== candidate),
  );
  const last = usable.filter((candidate) => candidate < day.day).at(-1);
  const next = usable.find((candidate) => candidate > day.day);
  return [last, next].filter((found) => found !== undefined);
}

function sortParts(parts: readonly Part[]): Part[] {
  return [...parts].sort((a, b) => (a.day < b.day ? -1 : a.day > b.day ? 1 : a.number - b.number));
}
