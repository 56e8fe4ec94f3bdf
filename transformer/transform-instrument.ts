// One instrument's run: which of its parts are new, batch by batch into the session, and out to
// partitions. Cost follows what is new.

import { join } from 'node:path';
import type { Exchange } from '../exchanges/exchange.ts';
import { type Day, formatDay } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Instrument } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { planBatches } from './batches.ts';
import { commit } from './commit.ts';
import { type Extraction, extractBatch } from './extract.ts';
import { rememberSound } from './faults.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { findReceiptDays, writeLedgerDays } from './ledger-days.ts';
import { listTouchedDays } from './partition-record.ts';
import { listPartitionDays, readInputs } from './partitions.ts';
import type { Part } from './parts.ts';
import type { Publication } from './publication.ts';
import { publish } from './publish.ts';
import { writeQuarantine } from './quarantine.ts';
import { redescribeDay } from './redescribe.ts';
import type { RunPlan } from './run-plan.ts';
import { readVenueSql, statements } from './session.ts';
import { formatRestore, type WaitingPart, writeWaitingParts } from './waiting.ts';

export type InstrumentRun = {
  session: DuckdbSession;
  root: string;
  exchange: Exchange;
  instrument: Instrument;
  ledger: Ledger;
  log: Log;
  /** Called with the bytes of raw parts done. */
  onProgress: (bytes: number) => void;
  /** Checked between batches: what is done is published, the rest is left to the next run. */
  isStopped: () => boolean;
};

/** `days` counts those whose partitions were written, each as often as that. */
export type InstrumentResult = {
  parts: number;
  frames: number;
  days: number;
  linesQuarantined: number;
};

/** Above this many trades, what has been read is published before more is read. */
const maxPendingTrades = 3_000_000;

/**
 * Reads and publishes what the plan says. Empties its set of days to be derived from nothing, and adds to
 * the parts that wait.
 */
export async function transformInstrument(
  run: InstrumentRun,
  plan: RunPlan,
): Promise<InstrumentResult> {
  const { session, root, instrument, ledger } = run;
  const base: Base = {
    session,
    root,
    instrument,
    ledger,
    discarded: plan.discarded,
    away: plan.away,
    readManifest: readPartitionManifest,
    findReceiptDays: (first, last) => findReceiptDays(root, instrument, ledger, first, last),
  };
  const result: InstrumentResult = { parts: 0, frames: 0, days: 0, linesQuarantined: 0 };
  await session.run(statements.tables);
  const written = await redescribe({ ...base, fresh: [] }, plan);
  const inputs = openInputs(base);
  let rest = orderPending(plan);
  while (rest.length > 0) {
    const { parts, entries } = await readParts(run, plan, inputs.listDoneDays, rest);
    const { days, waiting } = await publish({ ...base, fresh: entries });
    inputs.forget();
    if (waiting.length > 0) {
      await rejectHeld(base, waiting, entries);
      plan.waiting.push(...waiting);
      const left = new Set(waiting.map(({ part }) => part));
      rest = rest.filter((part) => !left.has(part.name));
    } else {
      written.push(...days);
      plan.known.push(...parts.map((part, at) => ({ part, entry: entries[at]! })));
      count(result, entries);
      rest = rest.slice(parts.length);
    }
    if (run.isStopped()) break;
  }
  await writeWaitingParts(root, instrument, plan.waiting);
  await rememberSound(root, instrument, written);
  await writeLedgerDays(root, instrument, ledger);
  result.days = written.length;
  return result;
}

/** Where something may have to wait, what repairs a day comes first, by itself. */
function orderPending({ pending, repairing, away }: RunPlan): Part[] {
  if (away.size === 0) return pending;
  const isRepairing = (part: Part) => repairing.has(part.name);
  return [...pending.filter(isRepairing), ...pending.filter((part) => !isRepairing(part))];
}

/** Reads as many of the parts, in their order, as are published together. */
async function readParts(
  run: InstrumentRun,
  { known, repairing, away }: RunPlan,
  listDoneDays: Extraction['listDoneDays'],
  rest: readonly Part[],
): Promise<{ parts: Part[]; entries: LedgerEntry[] }> {
  const { session, root, log } = run;
  const venue = readVenueSql(run.exchange.sqlDir);
  const extraction: Extraction = {
    session,
    venue,
    scratchDir: join(root, 'state', 'spill'),
    log,
    keepBadLines: async (part, lines) => void (await writeQuarantine(root, part, lines)),
    listDoneDays,
  };
  const isFirst = ({ name }: Part) => away.size > 0 && repairing.has(name);
  const together = rest.filter((part) => isFirst(part) === isFirst(rest[0]!));
  const parts: Part[] = [];
  const entries: LedgerEntry[] = [];
  for (const batch of planBatches(together)) {
    const before = parts.map((part, at) => ({ part, entry: entries[at]! }));
    entries.push(...(await extractBatch(extraction, batch, [...known, ...before])));
    parts.push(...batch);
    run.onProgress(batch.reduce((total, part) => total + part.bytes, 0));
    if (run.isStopped() || (await countPendingTrades(session)) >= maxPendingTrades) break;
  }
  return { parts, entries };
}

/**
 * A part that has to wait must not be one that a day was made of which may be derived again: what it heard
 * would be missing there. That is so only where the ledger of a day was lost, or a day is damaged, beside one
 * that is away. Throws OperationalError then: nothing of the instrument is published.
 */
async function rejectHeld(
  { root, instrument, discarded, away }: Base,
  waiting: readonly WaitingPart[],
  entries: readonly LedgerEntry[],
): Promise<void> {
  for (const { part, needs } of waiting) {
    const entry = entries.find((one) => one.part === part)!;
    for (const day of listTouchedDays(entry).filter((touched) => !away.has(touched))) {
      const isHeld = discarded.has(day) || (await readInputs(root, instrument, day)).has(part);
      if (!isHeld) continue;
      throw new OperationalError(
        `transform ${instrument.exchange}/${instrument.symbol}: ${day} is to be derived again with ` +
          `${part}, which needs ${needs.join(', ')}, not here but in the store; nothing was changed`,
        { hint: formatRestore(instrument, needs) },
      );
    }
  }
}

async function redescribe(publication: Publication, plan: RunPlan): Promise<Day[]> {
  const { root, instrument } = publication;
  for (const fault of plan.redescribed) {
    const renames = await redescribeDay(publication, fault);
    await commit(root, instrument, { renames, removes: [], ledger: [] });
  }
  return plan.redescribed.map((fault) => fault.day);
}

function count(result: InstrumentResult, entries: readonly LedgerEntry[]): void {
  result.parts += entries.length;
  for (const entry of entries) {
    result.frames += entry.frames;
    result.linesQuarantined += entry.linesQuarantined;
  }
}

async function countPendingTrades(session: DuckdbSession): Promise<number> {
  const [row] = await session.all(statements.countPendingTrades);
  return Number(row!.trades);
}

type Base = Omit<Publication, 'fresh'>;

/**
 * Which days hold a part already: those whose manifests name it. So a part that is read again, because a
 * neighbouring day is derived anew or the ledger was lost, brings a day nothing twice.
 */
function openInputs({ root, instrument, discarded, away }: Base) {
  let stored: Promise<Day[]> | undefined;
  const inputsByDay = new Map<Day, ReturnType<typeof readInputs>>();
  const readDay = (day: Day) => {
    const inputs = inputsByDay.get(day) ?? readInputs(root, instrument, day);
    inputsByDay.set(day, inputs);
    return inputs;
  };
  return {
    async listDoneDays(entry: LedgerEntry): Promise<Day[]> {
      if (entry.firstTradeUs === null || entry.lastTradeUs === null) return [];
      stored ??= listPartitionDays(root, 'trades', instrument);
      const [first, last] = [formatDay(entry.firstTradeUs), formatDay(entry.lastTradeUs)];
      const days: Day[] = [];
      for (const day of [...(await stored), ...away]) {
        if (day < first || day > last || discarded.has(day)) continue;
        const isHeld = (await readDay(day)).get(entry.part)?.sha256 === entry.sha256;
        if (isHeld) days.push(day);
      }
      return days;
    },
    /** To be called when partitions have changed. */
    forget() {
      stored = undefined;
      inputsByDay.clear();
    },
  };
}
