// Whether a stored day is what its parts give: it is derived again, and the two are compared.

import { rm } from 'node:fs/promises';
import { formatReason } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import { compareDays } from './compare-day.ts';
import type { Derived } from './day-report.ts';
import { deriveStoredDay } from './derive-day.ts';
import type { Obstacle } from './derive-plan.ts';
import type { Finding } from './finding.ts';
import type { StoredDay } from './stored-day.ts';
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
    if ('reason' in derived) return describeObstacle(derived);
    const findings = await compareDays(run.session, stored, derived);
    return { derived: findings.length === 0 ? 'equal' : 'differs', findings };
  } catch (thrown) {
    const what = `derive again: ${formatReason(thrown)}`;
    return { derived: 'not possible', findings: [{ severity: 'wrong', check: 'derive', what }] };
  } finally {
    await rm(run.scratch, { recursive: true, force: true });
  }
}

function describeObstacle({ reason, what }: Obstacle): Comparison {
  switch (reason) {
    case 'raw gone':
      return { derived: reason, findings: [{ severity: 'note', check: 'raw-gone', what }] };
    case 'neighbour damaged':
      return { derived: 'not possible', findings: [{ severity: 'note', check: 'derive', what }] };
    case 'part damaged': {
      const finding: Finding = { severity: 'wrong', check: 'inputs', what, remedy: 'restore' };
      return { derived: 'not possible', findings: [finding] };
    }
  }
}
