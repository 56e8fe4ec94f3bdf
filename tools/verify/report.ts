// The report of a verification, for a terminal and as Markdown. Pure.

import { formatTable, type TableColumn } from '../query/table.ts';
import { type DayReport, formatRemedy, formatRow, judgeDay, rowNames } from './day-report.ts';
import type { Finding, Verdict } from './finding.ts';

export type Verification = {
  root: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  /** What was asked for, `binance/BTCUSDT 2026-11-20`. */
  scope: string;
  reports: readonly DayReport[];
};

/** The table, one line per symbol and day, and a last line that counts the verdicts. */
export function formatVerification({ root, reports }: Verification): string {
  if (reports.length === 0)
    return `nothing to verify: ${root} holds no raw part and no partition\n`;
  const columns = rowNames.map((name): TableColumn => {
    return { name, kind: name.endsWith('_%') ? 'number' : 'text' };
  });
  const lines = formatTable(columns, reports.map(formatRow));
  return `${[...lines, formatVerdicts(reports)].join('\n')}\n`;
}

/** `12 days: 10 ok, 1 incomplete, 1 wrong` */
export function formatVerdicts(reports: readonly DayReport[]): string {
  const number = (verdict: Verdict) => reports.filter((each) => judgeDay(each) === verdict).length;
  const days = `${reports.length} ${reports.length === 1 ? 'day' : 'days'}`;
  return `${days}: ${number('ok')} ok, ${number('incomplete')} incomplete, ${number('wrong')} wrong`;
}

/** Everything that was found, as a document. */
export function formatMarkdown(verification: Verification): string {
  const { root, scope, startedAt, finishedAt, reports } = verification;
  const head = [
    '# Verification',
    '',
    `Lake \`${root}\`, ${scope}. Begun ${startedAt}, done ${finishedAt}.`,
    '',
    `**${formatVerdicts(reports)}**`,
    '',
    formatMarkdownRow(rowNames),
    formatMarkdownRow(rowNames.map(() => '---')),
    ...reports.map((report) => formatMarkdownRow(formatRow(report))),
    '',
    '`derived_again` says whether the parts give the stored files byte for byte; `raw gone` that parts',
    'of the day were deleted, so that only its manifests, hashes, rows and rules could be checked.',
  ];
  const found = reports.filter(({ findings }) => findings.length > 0);
  return `${[...head, ...found.flatMap(formatDay)].join('\n')}\n`;
}

function formatDay(report: DayReport): string[] {
  const { exchange, symbol } = report.instrument;
  const remedy = formatRemedy(report);
  return [
    '',
    `## ${exchange}/${symbol} ${report.day}: ${judgeDay(report)}`,
    '',
    ...report.findings.flatMap(formatFinding),
    ...(remedy === '' ? [] : ['', `To do: \`${remedy}\``]),
  ];
}

function formatFinding({ severity, check, what, examples = [] }: Finding): string[] {
  return [`- ${severity} (${check}): ${what}`, ...examples.map((example) => `  - ${example}`)];
}

function formatMarkdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
