// What the comparison with the exchange's klines has to say to the heartbeat: differences that a fill did
// not resolve, one problem per symbol and day. Holds no effects.

import type { ReconcileStatus } from '../../lake/status.ts';
import { type Finding, logFile } from './problem.ts';

/** Days beyond which unresolved differences are only counted. */
const maxDays = 20;

export function findReconcileProblems(status: ReconcileStatus | undefined): Finding[] {
  if (status === undefined) return [];
  return [...findFailure(status), ...findDifferences(status)];
}

function findFailure({ last_run: run }: ReconcileStatus): Finding[] {
  if (run.ok) return [];
  return [
    {
      id: 'reconcile-failed',
      condition: 'job_failed',
      subject: 'reconcile',
      severity: 'degraded',
      what: `bars could not be compared with the exchange's klines: ${run.error}`,
      sinceMs: Date.parse(run.finished_at),
      action: `see ${logFile}; it is tried again; try it with --mode reconcile`,
    },
  ];
}

function findDifferences({ unresolved }: ReconcileStatus): Finding[] {
  const findings = unresolved.slice(0, maxDays).map((one): Finding => {
    const { exchange, symbol, day, differences, missing_here, missing_there } = one;
    const counts = [
      [differences, 'values differ'],
      [missing_here, 'seconds are missing here'],
      [missing_there, 'seconds are missing there'],
    ] as const;
    const said = counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
    const select = `--exchange ${exchange} --symbol ${symbol} --date ${day}`;
    return {
      id: `reconcile: ${exchange}/${symbol} ${day}`,
      condition: 'reconcile',
      subject: `${exchange}/${symbol} ${day}`,
      severity: 'degraded',
      what:
        `bars of ${exchange}/${symbol} on ${day} differ from the exchange's klines from ` +
        `${one.first_second} on: ${said.join(', ')}`,
      action:
        `see the view reconcile (state = 'unresolved'); a fill did not resolve it; ` +
        `compare again with --mode reconcile ${select}`,
    };
  });
  const more = unresolved.length - findings.length;
  if (more <= 0) return findings;
  const what = `bars of ${more} more symbols and days differ from the exchange's klines`;
  const action = 'see state/status/reconcile.json';
  return [
    ...findings,
    {
      id: 'reconcile-more',
      condition: 'reconcile',
      subject: 'others',
      severity: 'degraded',
      what,
      action,
    },
  ];
}
