// Says what a run of `reconcile` came to: to the person who asked, to the log, and to the heartbeat
// through `state/status/reconcile.json`, which names what is unresolved on any day. Gives the verdict.

import type { Day } from '../../lake/day.ts';
import { formatReason, type OperationalError } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { ExitCode, ModeContext } from '../../lake/mode.ts';
import { type ReconcileStatus, writeStatus } from '../../lake/status.ts';
import { listBarsInstruments } from './bars-days.ts';
import { countUnresolved, type Memory, readMemory } from './memory.ts';
import type { DayResult } from './reconcile-day.ts';

/** What a run did for an instrument. */
export type Outcome = {
  instrument: Instrument;
  memory: Memory;
  results: ({ day: Day } & DayResult)[];
  /** What ended it early. */
  error: OperationalError | undefined;
  /** Whether the run's time was over before its turn. */
  isLeft: boolean;
};

type RunFacts = { startedUs: number; date: Day | undefined; outcomes: readonly Outcome[] };

/** Writes the status, prints what was asked for, and returns the exit code. */
export async function reportRun(context: ModeContext, facts: RunFacts): Promise<ExitCode> {
  const { config, clock, log } = context;
  const { startedUs, date, outcomes } = facts;
  const error = outcomes.find((outcome) => outcome.error !== undefined)?.error;
  const results = outcomes.flatMap((outcome) => outcome.results);
  const seconds = results.reduce((sum, { summary }) => sum + (summary?.seconds_compared ?? 0), 0);
  const unresolved = await listUnresolved(context, outcomes);
  const finished_at = new Date(clock.nowUs() / 1000).toISOString();
  await writeStatus(config.root, 'reconcile', {
    updated_at: finished_at,
    last_run: {
      started_at: new Date(startedUs / 1000).toISOString(),
      finished_at,
      ok: error === undefined,
      seconds_compared: seconds,
      error: error === undefined ? null : formatReason(error),
    },
    unresolved,
  });
  const left = outcomes.filter(({ isLeft }) => isLeft).length;
  if (left > 0) log.warn(`reconcile: ${left} symbols are left to the next run, its time is over`);
  for (const line of outcomes.flatMap(formatOutcome)) log.info(line);
  if (date !== undefined) print(outcomes, date);
  else if (error === undefined) {
    process.stdout.write(formatRun(outcomes, seconds, unresolved.length));
  }
  for (const one of unresolved) {
    if (isLookedAt(one, outcomes)) log.error(formatUnresolved(one));
  }
  const asked = unresolved.filter((one) => isAsked(one, facts));
  return error === undefined && asked.length === 0 ? 0 : 1;
}

function formatRun(outcomes: readonly Outcome[], seconds: number, unresolved: number): string {
  const compared = outcomes.filter(({ results }) => results.length > 0).length;
  const left = unresolved > 0 ? `${unresolved} days differ, ask FROM reconcile` : 'no day differs';
  const what = compared > 0 ? `${seconds} seconds of ${compared} symbols compared` : 'nothing due';
  return `reconcile: ${what}; ${left}\n`;
}

function print(outcomes: readonly Outcome[], date: Day): void {
  const lines = outcomes.flatMap(formatOutcome);
  if (lines.length === 0) lines.push(`${date}: there are no bars to compare`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A line per day that was looked at. */
function formatOutcome({ instrument, results, error }: Outcome): string[] {
  const name = `${instrument.exchange}/${instrument.symbol}`;
  const lines = results.map(({ day, source, summary }) =>
    summary === undefined
      ? `${name} ${day}: the archive has no klines of it yet`
      : `${name} ${day} by ${source}: ${formatSummary(summary)}`,
  );
  return error === undefined ? lines : [...lines, `${name}: ${formatReason(error)}`];
}

function formatSummary(summary: NonNullable<DayResult['summary']>): string {
  const parts = [
    [summary.differences, 'values differ'],
    [summary.missing_here, 'seconds missing here'],
    [summary.missing_there, 'seconds missing there'],
    [summary.resolved, 'resolved'],
    [summary.defects, "defects of the exchange's own"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return [
    `${summary.seconds_compared} seconds compared`,
    ...(said.length > 0 ? said : ['equal']),
  ].join(', ');
}

type Unresolved = ReconcileStatus['unresolved'][number];

/** What is unresolved on any day of any instrument, this run's word first. */
async function listUnresolved(
  { config, log }: ModeContext,
  outcomes: readonly Outcome[],
): Promise<Unresolved[]> {
  const found: Unresolved[] = [];
  for (const instrument of await listBarsInstruments(config.root, noSelection)) {
    const own = outcomes.find((outcome) => isSame(outcome.instrument, instrument));
    const memory = own?.memory ?? (await readMemory(config.root, instrument, log));
    for (const [day, known] of Object.entries(memory.days).sort()) {
      if (countUnresolved(known) === 0) continue;
      const { differences, missing_here, missing_there } = known;
      const first_second = known.first_unresolved ?? day;
      found.push({ ...instrument, day, differences, missing_here, missing_there, first_second });
    }
  }
  return found;
}

const noSelection = { exchange: undefined, symbol: undefined };

function isSame(a: Instrument, b: Instrument): boolean {
  return a.exchange === b.exchange && a.symbol === b.symbol;
}

/** Whether this run compared anything of that day of that instrument. */
function isLookedAt(unresolved: Unresolved, outcomes: readonly Outcome[]): boolean {
  const own = outcomes.find(({ instrument }) => isSame(instrument, unresolved));
  return own?.results.some(({ day }) => day === unresolved.day) === true;
}

function isAsked(unresolved: Unresolved, { date, outcomes }: RunFacts): boolean {
  if (date !== undefined && unresolved.day !== date) return false;
  return outcomes.some(({ instrument }) => isSame(instrument, unresolved));
}

function formatUnresolved(one: Unresolved): string {
  const { exchange, symbol, day, differences, missing_here, missing_there, first_second } = one;
  const counts = `${differences} values, ${missing_here} seconds missing here, ${missing_there} there`;
  return (
    `reconcile ${exchange}/${symbol} ${day}: differs from the exchange's klines from ` +
    `${first_second} on: ${counts}\n  ask FROM reconcile WHERE state = 'unresolved'`
  );
}
