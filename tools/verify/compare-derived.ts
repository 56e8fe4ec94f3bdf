// Whether a stored day is what its parts give: it is derived again, and the two are compared.

import { rm } from 'node:fs/promises';
import { readDeletedParts, readEmptiedDays } from '../../lake/deleted-parts.ts';
import { formatReason } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import { compareDays } from './compare-day.ts';
import type { Derived } from './day-report.ts';
import { deriveStoredDay } from './derive-day.ts';
import type { Obstacle } from './derive-plan.ts';
import { count, type Finding, summarize } from './finding.ts';
import { datasets, type StoredDay } from './stored-day.ts';
import type { VerifyRun } from './verify-run.ts';

export type Comparison = { derived: Derived; findings: Finding[] };

export async function compareWithDerived(
  run: VerifyRun,
  instrument: Instrument,
  stored: StoredDay,
): Promise<Comparison> {
  if (stored.bars_1s === undefined && stored.trades === undefined) {
    return { derived: 'none', findings: [] };
  }
  try {
    const derived = await deriveStoredDay(run, instrument, stored);
    if ('reason' in derived) {
      const comparison = await describeObstacle(run.root, instrument, derived);
      return isAway(stored) && derived.reason !== 'part damaged'
        ? { ...comparison, derived: 'in the store' }
        : comparison;
    }
    const findings = await compareDays(run.session, stored, derived);
    return { derived: findings.length === 0 ? 'equal' : 'differs', findings };
  } catch (thrown) {
    if (await run.session.isLost()) throw thrown;
    const what = `derive again: ${formatReason(thrown)}`;
    return { derived: 'not possible', findings: [{ severity: 'wrong', check: 'derive', what }] };
  } finally {
    await rm(run.scratch, { recursive: true, force: true });
  }
}

function isAway(stored: StoredDay): boolean {
  return datasets.some((dataset) => stored[dataset]?.away !== undefined);
}

async function describeObstacle(
  root: string,
  instrument: Instrument,
  obstacle: Obstacle,
): Promise<Comparison> {
  const { reason, what } = obstacle;
  switch (reason) {
    case 'raw gone':
      return { derived: reason, findings: [await describeGone(root, instrument, obstacle)] };
    case 'neighbour damaged':
      return { derived: 'not possible', findings: [{ severity: 'note', check: 'derive', what }] };
    case 'part damaged': {
      const finding: Finding = { severity: 'wrong', check: 'inputs', what, remedy: 'restore' };
      return { derived: 'not possible', findings: [finding] };
    }
  }
}

/** Parts that cleanup has deleted are old and proven; others may be lost. */
async function describeGone(
  root: string,
  instrument: Instrument,
  { what, gone }: Extract<Obstacle, { reason: 'raw gone' }>,
): Promise<Finding> {
  const lost: string[] = [];
  const emptied = await readEmptiedDays(root, instrument);
  for (const [day, names] of Map.groupBy(gone, (name) => name.split('/').at(-2)!)) {
    const deleted = await readDeletedParts(root, instrument, day);
    const known = emptied.get(day);
    const isLost = (file: string) => !deleted.has(file) && known?.has(file) !== false;
    lost.push(...names.filter((name) => isLost(name.split('/').at(-1)!)));
  }
  if (lost.length === 0) return { severity: 'note', check: 'raw-gone', what };
  return {
    severity: 'missing',
    check: 'raw-gone',
    what: `${what}; cleanup has not deleted ${count(lost.length, 'part')} of them`,
    examples: summarize(lost),
    remedy: 'restore',
  };
}
