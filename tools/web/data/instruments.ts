// Which symbols the lake has, from which day to which, and whether one is being recorded: by its folders, looked
// at again after a while. Finds the exchange of a symbol that is named without one.

import { join } from 'node:path';
import type { Clock } from '../../../lake/clock.ts';
import type { Day } from '../../../lake/day.ts';
import { listEntries } from '../../../lake/durable.ts';
import { datasetDir, type Instrument, rawDayDir } from '../../../lake/layout.ts';
import { listRawDays } from '../../../transformer/parts.ts';
import { listAllInstruments } from '../../../transformer/stored-instruments.ts';
import type { WantedSymbol } from '../question.ts';
import { Refusal } from '../refusal.ts';

export type Instruments = {
  list(): Promise<Instrument[]>;
  /** Throws Refusal where there is none, or more than one. */
  find(wanted: WantedSymbol): Promise<Instrument>;
  /** Undefined where nothing of it is there yet. */
  findDays(instrument: Instrument): Promise<{ first: Day; last: Day } | undefined>;
  isLive(instrument: Instrument): Promise<boolean>;
};

const lookEveryMs = 2000;
const maxNamed = 50;

export function openInstruments(root: string, clock: Clock): Instruments {
  const listed = keepFor(lookEveryMs, clock, () => listAllInstruments(root));
  const days = new Map<string, () => Promise<{ first: Day; last: Day } | undefined>>();
  return {
    list: listed,
    async find({ symbol, exchange }) {
      const known = await listed();
      const found = known.filter(
        (each) => each.symbol === symbol && (exchange === undefined || each.exchange === exchange),
      );
      if (found.length === 1) return found[0]!;
      throw found.length === 0 ? refuseUnknown(known) : refuseSeveral(found);
    },
    findDays(instrument) {
      const key = `${instrument.exchange}/${instrument.symbol}`;
      const find = days.get(key) ?? keepFor(lookEveryMs, clock, () => findDays(root, instrument));
      days.set(key, find);
      return find();
    },
    async isLive(instrument) {
      const today = new Date(clock.nowUs() / 1000).toISOString().slice(0, 10);
      const { files } = await listEntries(rawDayDir(root, instrument, today as Day));
      return files.some((name) => name.endsWith('.open'));
    },
  };
}

function refuseUnknown(known: readonly Instrument[]): Refusal {
  if (known.length === 0) return new Refusal(404, 'unknown symbol: the lake has none yet');
  const names = known.slice(0, maxNamed).map(({ exchange, symbol }) => `${exchange}/${symbol}`);
  const more = known.length > maxNamed ? `, and ${known.length - maxNamed} more` : '';
  return new Refusal(404, `unknown symbol: the lake has ${names.join(', ')}${more}`);
}

function refuseSeveral(found: readonly Instrument[]): Refusal {
  const names = found.map(({ exchange }) => exchange).join(', ');
  return new Refusal(400, `the symbol is on several exchanges: add exchange=, one of ${names}`);
}

/** By the folders of partitions and of raw days. */
async function findDays(root: string, instrument: Instrument) {
  const raw = await listRawDays(root, instrument);
  const { exchange, symbol } = instrument;
  const top = join(datasetDir(root, 'bars_1s'), exchange, symbol);
  const ends = [
    ...(raw.length > 0 ? [raw[0]!, raw.at(-1)!] : []),
    await descend(top, (names) => names[0]),
    await descend(top, (names) => names.at(-1)),
  ].filter((day) => day !== undefined);
  ends.sort();
  return ends.length === 0 ? undefined : { first: ends[0]!, last: ends.at(-1)! };
}

/** The day at one end of `year=YYYY/month=MM/day=DD`. */
async function descend(
  top: string,
  choose: (names: string[]) => string | undefined,
): Promise<Day | undefined> {
  const values: string[] = [];
  let folder = top;
  for (const key of ['year', 'month', 'day']) {
    const { folders } = await listEntries(folder);
    const chosen = choose(folders.filter((name) => name.startsWith(`${key}=`)));
    if (chosen === undefined) return undefined;
    values.push(chosen.slice(key.length + 1));
    folder = join(folder, chosen);
  }
  return values.join('-') as Day;
}

/** Gives the same value for a while; one that could not be had is not kept. */
function keepFor<Value>(
  ms: number,
  clock: Clock,
  make: () => Promise<Value>,
): () => Promise<Value> {
  let kept: { value: Promise<Value>; atMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (kept === undefined || nowMs - kept.atMs >= ms) {
      const value = make();
      kept = { value, atMs: nowMs };
      value.catch(() => {
        kept = undefined;
      });
    }
    return kept.value;
  };
}
