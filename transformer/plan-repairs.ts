// What a run does about days that are damaged: derives again what its raw parts still give, describes again
// what only lacks a manifest or quote seconds, and leaves as it is, and names, what cannot be repaired here.
// A day that is left, or away, keeps those beside it from being derived out of less.

import type { Day } from '../lake/day.ts';
import type { PartitionInput } from '../lake/partition-manifest.ts';
import { type Fault, findFaults } from './faults.ts';
import { listTouchedDays } from './partition-record.ts';
import { listAwayDays, listManifestDays, readInputs, selectNearDays } from './partitions.ts';
import type { Planning, RunPlan } from './run-plan.ts';
import { setAside } from './set-aside.ts';
import { formatRestore } from './waiting.ts';

/** `present` are the parts that are there, `staged` days whose publication was interrupted. Adds to the plan. */
export async function planRepairs(
  planning: Planning,
  plan: RunPlan,
  present: ReadonlySet<string>,
  staged: readonly Day[],
): Promise<void> {
  const { root, instrument } = planning;
  const faults = await findFaults(root, instrument);
  for (const day of new Set(staged)) {
    if (faults.some((fault) => fault.day === day)) continue;
    const what = 'its publication was interrupted';
    faults.push({ day, what, damaged: ['data'], suspects: [], isAway: false });
  }
  const faulty = new Set(faults.map((fault) => fault.day));
  for (const day of await listAwayDays(root, instrument)) if (!faulty.has(day)) plan.away.add(day);
  for (const fault of faults.filter(({ isAway }) => isAway)) plan.away.add(fault.day);
  const examined: Repair[] = [];
  for (const fault of faults) {
    const inputs = await findInputs(planning, fault.day);
    examined.push({ fault, inputs, missing: inputs.filter(({ part }) => !present.has(part)) });
  }
  for (const repair of examined.filter(isLost)) plan.away.add(repair.fault.day);
  const blocked = new Map<Day, Day[]>();
  // A day that cannot be derived keeps those beside it from it.
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (const { fault, inputs } of examined.filter(isDerivable)) {
      if (plan.away.has(fault.day)) continue;
      const needs = await listAwayAround(planning, plan, fault.day, inputs);
      if (needs.length === 0) continue;
      blocked.set(fault.day, needs);
      plan.away.add(fault.day);
      isDone = false;
    }
  }
  for (const repair of examined) await planRepair(planning, plan, repair, blocked);
}

/** A day that is damaged, the parts it was made of, and those of them that are not there. */
type Repair = { fault: Fault; inputs: PartitionInput[]; missing: PartitionInput[] };

const isDerivable = ({ fault, inputs, missing }: Repair) =>
  !fault.isAway && inputs.length > 0 && missing.length === 0;
const isLost = (repair: Repair) => !isDerivable(repair) && repair.fault.damaged.includes('data');

async function planRepair(
  { root, instrument, log }: Planning,
  plan: RunPlan,
  repair: Repair,
  waiting: ReadonlyMap<Day, Day[]>,
): Promise<void> {
  const { fault, inputs, missing } = repair;
  const heading = `repair ${instrument.exchange}/${instrument.symbol} ${fault.day}: ${fault.what}`;
  const needs = waiting.get(fault.day);
  if (fault.isAway) {
    const hint = formatRestore(instrument, [fault.day]);
    plan.blocked.set(fault.day, `${heading}, and its Parquet file lies in the store\n  ${hint}`);
  } else if (needs !== undefined) {
    const hint = formatRestore(instrument, [...needs, fault.day]);
    const reason = `to derive it again needs ${needs.join(', ')}, not here but in the store, or damaged`;
    plan.blocked.set(fault.day, `${heading}; ${reason}\n  ${hint}`);
  } else if (isDerivable(repair)) {
    log.warn(`${heading}; deriving the day again from its ${inputs.length} raw parts`);
    plan.discarded.add(fault.day);
    for (const input of inputs) plan.repairing.add(input.part);
  } else if (!fault.damaged.includes('data')) {
    log.warn(`${heading}; its raw parts are gone, so it is described from its Parquet files`);
    plan.redescribed.push(fault);
  } else {
    const aside = await setAside(root, fault.suspects);
    const rest = aside.length > 0 ? `, left out of every query as ${aside.join(', ')}` : '';
    const hint = `${formatRestore(instrument, [fault.day])}, or restore it from a backup; nothing of it was changed`;
    const gone = `${missing.length} of its ${inputs.length} raw parts are gone`;
    plan.blocked.set(fault.day, `${heading}, and ${gone}${rest}\n  ${hint}`);
  }
}

/** The parts a day was made of: by its manifests, else by the ledger. */
async function findInputs(
  { root, instrument, ledger }: Planning,
  day: Day,
): Promise<PartitionInput[]> {
  const inputs = await readInputs(root, instrument, day);
  if (inputs.size > 0) return [...inputs.values()];
  const entries = await ledger.read(await ledger.listDays());
  return [...entries.values()].filter((entry) => listTouchedDays(entry).includes(day));
}

/**
 * The days that are away without which the day cannot be derived from nothing: those its parts touch, too,
 * and the nearest on either side, where its first and its last second come from.
 */
export async function listAwayAround(
  { root, instrument, ledger }: Planning,
  { away }: RunPlan,
  day: Day,
  inputs: readonly PartitionInput[],
): Promise<Day[]> {
  if (away.size === 0) return [];
  const needs = new Set<Day>();
  const receiptDays = new Set(inputs.map(({ part }) => part.split('/').at(-2)!));
  const entries = await ledger.read(receiptDays);
  for (const { part } of inputs) {
    const entry = entries.get(part);
    for (const touched of entry === undefined ? [] : listTouchedDays(entry)) needs.add(touched);
  }
  for (const dataset of ['bars_1s', 'trades'] as const) {
    const days = await listManifestDays(root, dataset, instrument);
    for (const near of selectNearDays(days, day, day)) needs.add(near);
  }
  return [...needs].filter((one) => one !== day && away.has(one)).sort();
}
