// What of a receipt day's parts no run has made anything of: parts that wait for the next run, and parts
// that were read although no partition stands.

import type { Instrument } from '../../lake/layout.ts';
import { openLedger } from '../../transformer/ledger.ts';
import { listTouchedDays } from '../../transformer/partition-record.ts';
import { listInputs } from './derive-plan.ts';
import { count, type Finding } from './finding.ts';
import { formatPartName, type RawDay } from './raw-day.ts';
import type { StoredDay } from './stored-day.ts';

export async function checkLedger(
  root: string,
  instrument: Instrument,
  raw: RawDay,
  stored: StoredDay,
): Promise<Finding[]> {
  const ledger = await openLedger(root, instrument).read([raw.day]);
  const inputs = new Set(listInputs(stored).map(({ part }) => part));
  const names = raw.sealed.map((file) => formatPartName(instrument, raw.day, file));
  const findings: Finding[] = [];
  const waiting = names.filter((name) => !ledger.has(name) && !inputs.has(name));
  if (waiting.length > 0) {
    const what = `${count(waiting.length, 'part')} not transformed yet, first ${waiting[0]}`;
    findings.push({ severity: 'note', check: 'waiting', what, remedy: 'transform' });
  }
  if (stored.bars_1s !== undefined || stored.trades !== undefined) return findings;
  const held = names.filter((name) => {
    const entry = ledger.get(name);
    return entry?.firstTradeUs != null && listTouchedDays(entry).includes(raw.day);
  });
  if (held.length > 0) {
    const what = `no partition of the day, though ${count(held.length, 'part')} with trades of it are here`;
    findings.push({ severity: 'missing', check: 'partition-missing', what, remedy: 'rebuild' });
  }
  return findings;
}
