// What verification says of one symbol and day. Pure.

import type { Day } from '../../lake/day.ts';
import type { Instrument } from '../../lake/layout.ts';
import { type Completeness, formatPercent } from './completeness.ts';
import { type Finding, findRemedy, judge, type Remedy, type Verdict } from './finding.ts';

/** What became of deriving the day again; `none` where there is no partition to compare with. */
export type Derived = 'equal' | 'differs' | 'raw gone' | 'in the store' | 'not possible' | 'none';

export type DayReport = {
  instrument: Instrument;
  day: Day;
  /** Undefined where the day has no partition that can be read. */
  completeness: Completeness | undefined;
  derived: Derived;
  findings: Finding[];
};

export function judgeDay(report: DayReport): Verdict {
  return judge(report.findings);
}

/** The day's line in the table. */
export function formatRow(report: DayReport): string[] {
  const { instrument, day, completeness, derived, findings } = report;
  return [
    instrument.exchange,
    instrument.symbol,
    day,
    judgeDay(report),
    formatPercent(completeness?.seconds),
    formatPercent(completeness?.ids),
    derived,
    describeFindings(findings),
    formatRemedy(report),
  ];
}

export const rowNames = [
  'exchange',
  'symbol',
  'day',
  'verdict',
  'seconds_%',
  'ids_%',
  'derived_again',
  'found',
  'to_do',
] as const;

/** The names of the checks that found something wrong or missing, each once. */
function describeFindings(findings: readonly Finding[]): string {
  const found = findings.filter(({ severity }) => severity !== 'note').map(({ check }) => check);
  return [...new Set(found)].join(', ');
}

/** What to run against the most urgent finding; empty where nothing has to be done. */
export function formatRemedy(report: DayReport): string {
  const acute = report.findings.filter(({ severity }) => severity !== 'note');
  const remedy = findRemedy(acute);
  return remedy === undefined ? '' : formatAction(remedy, report);
}

function formatAction(remedy: Remedy, { instrument: { exchange, symbol }, day }: DayReport) {
  const one = `--exchange ${exchange} --symbol ${symbol}`;
  switch (remedy) {
    case 'restore':
      return `restore raw/${exchange}/${symbol}/${day} from a copy, or --mode restore --raw ${one} --date ${day}`;
    case 'bring back':
      return `--mode restore ${one} --date ${day}`;
    case 'collect':
      return '--mode collect: its start seals what was left open';
    case 'transform':
      return `--mode transform ${one}`;
    case 'rebuild':
      return `--mode verify --repair ${one} --date ${day}`;
    case 'fill':
      return `--mode backfill ${one}`;
    case 'backfill':
      return `--mode backfill ${one} --from ${day} --to ${day}`;
  }
}
