// One instrument's run: which of its parts are new, batch by batch into the session, and out to
// partitions. Cost follows what is new.

import type { Exchange } from '../exchanges/exchange.ts';
import { type Day, formatDay } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { planBatches } from './batches.ts';
import { commit } from './commit.ts';
import { extractBatch } from './extract.ts';
import { rememberSound } from './faults.ts';
import type { Ledger, LedgerEntry } from './ledger.ts';
import { listPartitionDays, readInputs } from './partitions.ts';
import type { RunPlan } from './plan-run.ts';
import type { Publication } from './publication.ts';
import { publish } from './publish.ts';
import { redescribeDay } from './redescribe.ts';
import { readVenueSql, statements } from './session.ts';

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

export type InstrumentResult = { parts: number; frames: number; linesQuarantined: number };

/** Above this many trades, what has been read is published before more is read. */
const maxPendingTrades = 3_000_000;

/** Reads and publishes what the plan says. Empties its set of days to be derived from nothing. */
export async function transformInstrument(
  run: InstrumentRun,
  plan: RunPlan,
): Promise<InstrumentResult> {
  const { session, root, instrument, ledger, log } = run;
  const { pending, known, discarded } = plan;
  const base = {
    session,
    root,
    instrument,
    ledger,
    discarded,
    blocked: new Set(plan.blocked.keys()),
  };
  const result: InstrumentResult = { parts: 0, frames: 0, linesQuarantined: 0 };
  await session.run(statements.tables);
  const written = await redescribe({ ...base, fresh: [] }, plan);
  const inputs = openInputs(base);
  const venue = readVenueSql(run.exchange.sqlDir);
  const extraction = { session, venue, root, log, listDoneDays: inputs.listDoneDays };
  let fresh: LedgerEntry[] = [];
  const batches = planBatches(pending);
  for (const [index, batch] of batches.entries()) {
    const entries = await extractBatch(extraction, batch, known);
    known.push(...batch.map((part, at) => ({ part, entry: entries[at]! })));
    fresh.push(...entries);
    count(result, entries);
    run.onProgress(batch.reduce((total, part) => total + part.bytes, 0));
    const isLast = index === batches.length - 1 || run.isStopped();
    if (!isLast && (await countPendingTrades(session)) < maxPendingTrades) continue;
    written.push(...(await publish({ ...base, fresh })));
    inputs.forget();
    fresh = [];
    if (isLast) break;
  }
  await rememberSound(root, instrument, written);
  return result;
}

async function redescribe(publication: Publication, plan: RunPlan): Promise<Day[]> {
  const { root, instrument } = publication;
  for (const fault of plan.redescribed) {
    const renames = await redescribeDay(publication, fault);
    await commit(transformStateDir(root, instrument), { renames, ledger: [] });
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
function openInputs({ root, instrument, discarded, blocked }: Base) {
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
      for (const day of [...(await stored), ...blocked]) {
        if (day < first || day > last || discarded.has(day)) continue;
        const isHeld = (await readDay(day)).get(entry.part)?.sha256 === entry.sha256;
        if (isHeld || blocked.has(day)) days.push(day);
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
