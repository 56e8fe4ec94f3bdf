// What a run over one instrument has to do: read the parts that are new, derive again the days it was asked
// to, and those that were found damaged. Says what was found and what is done about it. Nothing is
// decided in silence: what cannot be repaired from raw parts or from what stands is named, and left as
// it is.

import { stat } from 'node:fs/promises';
import type { Day } from '../lake/day.ts';
import type { Log } from '../lake/log.ts';
import type { LedgerEntry } from './ledger.ts';
import { listTouchedDays } from './partition-record.ts';
import { listPartitionDays, readInputs } from './partitions.ts';
import { listLostParts, listParts, type Part } from './parts.ts';
import { listAwayAround, planRepairs } from './plan-repairs.ts';
import { emptyPlan, type Planning, type RunPlan } from './run-plan.ts';
import { formatRestore, readWaitingParts, type WaitingPart } from './waiting.ts';

export type RunScope = { date?: Day | undefined; rebuild?: boolean | undefined };

/** `staged` are days whose publication was interrupted and whose journal is lost. */
export async function planRun(
  planning: Planning,
  { date, rebuild = false }: RunScope,
  staged: readonly Day[] = [],
): Promise<RunPlan> {
  const { root, instrument, ledger } = planning;
  const parts = await listParts(root, instrument);
  const done = await ledger.read(parts.map((part) => part.day));
  const plan = emptyPlan();
  const present = new Set(parts.map((part) => part.name));
  await planRepairs(planning, plan, present, staged);
  if (rebuild) await planRebuild(planning, plan, present, date);
  const waiting = new Map((await readWaitingParts(root, instrument)).map((one) => [one.part, one]));
  for (const part of parts) {
    const entry = done.get(part.name);
    const isChosen = date === undefined || part.day === date;
    const isNew = entry === undefined || (await isAnother(part, entry));
    const waits = findWait(part, entry, waiting.get(part.name), plan);
    if (plan.repairing.has(part.name)) plan.pending.push(await inspectPart(part, planning.log));
    else if (waits !== undefined) {
      if (isNew) plan.waiting.push(waits);
      if (entry !== undefined) plan.known.push({ part, entry });
    } else if (isChosen && (rebuild || isNew)) {
      plan.pending.push(await inspectPart(part, planning.log));
    } else if (entry !== undefined) plan.known.push({ part, entry });
  }
  // Should the run be interrupted, what it has not read again is read by the next one.
  await ledger.forget(plan.pending.filter((part) => done.has(part.name)));
  await reportLostParts(planning, parts);
  return plan;
}

/**
 * Why a part is not read now, undefined where it may be: it needs a day that is away, as an earlier run has
 * found, or as the ledger says of a part that would be read a second time.
 */
function findWait(
  { name, sha256 }: Part,
  entry: LedgerEntry | undefined,
  known: WaitingPart | undefined,
  { away }: RunPlan,
): WaitingPart | undefined {
  if (entry !== undefined) {
    const needs = listTouchedDays(entry).filter((day) => away.has(day));
    return needs.length > 0 ? { part: name, sha256: sha256 ?? entry.sha256, needs } : undefined;
  }
  if (known === undefined || (sha256 !== undefined && sha256 !== known.sha256)) return undefined;
  return known.needs.some((day) => away.has(day)) ? known : undefined;
}

async function planRebuild(
  planning: Planning,
  plan: RunPlan,
  present: ReadonlySet<string>,
  date: Day | undefined,
): Promise<void> {
  const { root, instrument, log } = planning;
  const stored = await listPartitionDays(root, 'bars_1s', instrument);
  const isChosen = (day: Day) => date === undefined || day === date;
  const keep = (day: Day, needs: readonly Day[]) => {
    const name = `${instrument.exchange}/${instrument.symbol} ${day}`;
    const which = needs.join(', ');
    log.warn(`rebuild ${name}: it keeps what it has, for ${which} is not here but in the store`, {
      hint: formatRestore(instrument, needs),
    });
  };
  for (const day of [...plan.away].filter((one) => isChosen(one) && !plan.blocked.has(one))) {
    keep(day, [day]);
  }
  for (const day of stored.filter((other) => isChosen(other) && !plan.away.has(other))) {
    const inputs = await readInputs(root, instrument, day);
    const missing = [...inputs.keys()].filter((part) => !present.has(part));
    if (plan.blocked.has(day)) continue;
    const needs = await listAwayAround(planning, plan, day, [...inputs.values()]);
    if (needs.length > 0) {
      keep(day, needs);
      continue;
    }
    if (missing.length > 0) {
      const name = `${instrument.exchange}/${instrument.symbol} ${day}`;
      log.warn(
        `rebuild ${name}: ${missing.length} of its raw parts are gone, it keeps what it has`,
      );
      continue;
    }
    plan.discarded.add(day);
    for (const part of inputs.keys()) plan.repairing.add(part);
  }
}

/**
 * Whether the part is not the one that was read under its name: a damaged one was restored, or the raw
 * folder was emptied and numbers were given again.
 */
export async function isAnother(part: Part, entry: LedgerEntry): Promise<boolean> {
  if (part.sha256 === undefined || part.sha256 === entry.sha256) return false;
  const { size } = await stat(part.path);
  return size === part.bytes;
}

/**
 * A part that is not as long as its manifest line says was damaged after it was sealed. What can be read of
 * it is used all the same: each line is checked by itself, the ids name the trades that are missing, and
 * those can be filled; without it a whole part would be missing. The digest is that of what was read.
 */
async function inspectPart(part: Part, log: Log): Promise<Part> {
  const { size } = await stat(part.path);
  if (part.sha256 === undefined || size === part.bytes) return part;
  log.error(
    `read ${part.name}: it has ${size} bytes, its manifest line says ${part.bytes}; what can be read is used`,
    { hint: `restore the part, then --mode transform --rebuild --date ${part.day}` },
  );
  return { ...part, bytes: size, sha256: undefined };
}

/** A part that was sealed and has gone before any run has read it. */
async function reportLostParts(
  { root, instrument, ledger, log }: Planning,
  parts: readonly Part[],
): Promise<void> {
  const days = [...new Set(parts.map((part) => part.day))];
  const done = await ledger.read(days);
  for (const lost of await listLostParts(root, instrument, days)) {
    if (done.has(lost.name)) continue;
    log.error(`read ${lost.name}: it was sealed, and is gone before it was transformed`, {
      hint: `restore it; its trades ${lost.firstTradeId} to ${lost.lastTradeId} may be filled by --mode backfill`,
    });
  }
}
