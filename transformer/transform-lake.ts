// One run over a lake, or over what of it is asked for. One run at a time per lake: it holds the lock
// `transform`. An instrument that fails does not keep the others from being done.

import type { Day } from '../lake/day.ts';
import type { DuckdbSession } from '../lake/duckdb.ts';
import { formatReason, OperationalError } from '../lake/errors.ts';
import { type KeptSession, keepSession } from '../lake/kept-session.ts';
import type { Instrument } from '../lake/layout.ts';
import { awaitLock } from '../lake/lock.ts';
import type { Log } from '../lake/log.ts';
import type { ModeContext } from '../lake/mode.ts';
import { openProgressBar } from '../lake/progress.ts';
import { recoverCommit } from './commit.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { renewTails } from './live/renew-tails.ts';
import { listStagedDays } from './partitions.ts';
import { planRun } from './plan-run.ts';
import type { RenewCatalog } from './renew-catalog.ts';
import type { RunPlan } from './run-plan.ts';
import { openTransformSession } from './session.ts';
import { listAllInstruments } from './stored-instruments.ts';
import { warnOfStrays } from './strays.ts';
import { type InstrumentResult, transformInstrument } from './transform-instrument.ts';
import { findVenue } from './venue.ts';
import { describeWaiting } from './waiting.ts';

/** What a run needs of its mode; a backfill or a repair hands on its own. */
export type TransformContext = Pick<ModeContext, 'config' | 'clock' | 'signal'> & { log: Log };

/** What to transform; everything where nothing is said. */
export type TransformScope = {
  exchange?: string | undefined;
  symbol?: string | undefined;
  /** Only this day: of receipt for new parts, and for a rebuild of the partition, too. */
  date?: Day | undefined;
  /** Derive again from all raw parts. */
  rebuild?: boolean | undefined;
};

/**
 * `failures` has one line per instrument that could not be done, `waiting` one per instrument with parts that
 * wait for a day that is away.
 */
export type TransformTotals = InstrumentResult & { failures: string[]; waiting: string[] };

type Job = { instrument: Instrument; ledger: Ledger; plan: RunPlan };

/** A run in progress is waited for; an hour holds a rebuild of many days. */
const lockWithinMs = 3_600_000;

/**
 * Transforms what is new, and makes the catalog anew. Throws OperationalError where there is no raw
 * part of what is asked for, or another run does not end within an hour.
 */
export async function transformLake(
  context: TransformContext,
  scope: TransformScope,
  renewCatalog: RenewCatalog,
): Promise<TransformTotals> {
  const { config, signal } = context;
  const lock = await awaitLock(config.root, 'transform', { withinMs: lockWithinMs, signal });
  try {
    await warnOfStrays(config.root, context.log);
    const jobs = await listJobs(context, scope);
    const isOld = jobs.some(({ plan }) => plan.known.length > 0);
    try {
      const totals = await transformJobs(context, scope, jobs);
      await renewCatalog(context, isOld);
      return totals;
    } finally {
      const instruments = jobs.map(({ instrument }) => instrument);
      await renewTails(context, instruments);
    }
  } finally {
    await lock.release();
  }
}

async function listJobs(context: TransformContext, scope: TransformScope): Promise<Job[]> {
  const { root } = context.config;
  const instruments = await listAllInstruments(root);
  const chosen = instruments.filter(
    ({ exchange, symbol }) =>
      exchange === (scope.exchange ?? exchange) && symbol === (scope.symbol ?? symbol),
  );
  if (chosen.length === 0 && (scope.exchange ?? scope.symbol) !== undefined) {
    const wanted = `${scope.exchange ?? '*'}/${scope.symbol ?? '*'}`;
    const present = instruments.map(({ exchange, symbol }) => `${exchange}/${symbol}`);
    throw new OperationalError(`transform ${wanted}: there are no raw parts of it in ${root}`, {
      hint: present.length > 0 ? `there are ${present.join(', ')}` : 'nothing was collected yet',
    });
  }
  const jobs: Job[] = [];
  for (const instrument of chosen) jobs.push(await planJob(context, scope, instrument));
  return jobs;
}

async function planJob(
  { config: { root }, log }: TransformContext,
  scope: TransformScope,
  instrument: Instrument,
): Promise<Job> {
  const isJournalLost = await recoverCommit(root, instrument, log);
  const staged = isJournalLost ? await listStagedDays(root, instrument) : [];
  const ledger = openLedger(root, instrument);
  const plan = await planRun({ root, instrument, ledger, log }, scope, staged);
  return { instrument, ledger, plan };
}

async function transformJobs(
  context: TransformContext,
  scope: TransformScope,
  jobs: readonly Job[],
): Promise<TransformTotals> {
  const { config, log, signal } = context;
  const counts = { parts: 0, frames: 0, days: 0, linesQuarantined: 0 };
  const totals: TransformTotals = { ...counts, failures: [], waiting: [] };
  const bytes = jobs.flatMap((job) => job.plan.pending).reduce((sum, part) => sum + part.bytes, 0);
  const bar = openProgressBar(process.stderr, bytes, context.clock.monotonicMs);
  const sessions = await keepSession(() => openTransformSession(config));
  try {
    for (const job of jobs) {
      if (signal.aborted) break;
      const { instrument, plan } = job;
      const name = `${instrument.exchange}/${instrument.symbol}`;
      for (const reason of plan.blocked.values()) {
        totals.failures.push(formatReason(reason));
        log.error(reason);
      }
      try {
        const result = await transformJob(context, scope, sessions, job, bar.add);
        totals.parts += result.parts;
        totals.frames += result.frames;
        totals.days += result.days;
        totals.linesQuarantined += result.linesQuarantined;
        if (result.linesQuarantined > 0) {
          log.warn(`transform ${name}: ${result.linesQuarantined} lines in quarantine`);
        }
        const waiting = describeWaiting(instrument, plan.waiting, (day) => plan.blocked.has(day));
        if (waiting !== undefined) {
          totals.waiting.push(formatReason(waiting));
          log.error(waiting.message);
        }
      } catch (thrown) {
        totals.failures.push(`transform ${name}: ${formatReason(thrown)}`);
        log.error(`transform ${name}: ${thrown instanceof Error ? thrown.message : thrown}`);
      }
    }
  } finally {
    sessions.close();
    bar.finish();
  }
  return totals;
}

/** Where the database is lost on the way, what was published stays, and the rest is planned anew. */
async function transformJob(
  context: TransformContext,
  scope: TransformScope,
  sessions: KeptSession<DuckdbSession>,
  planned: Job,
  onProgress: (bytes: number) => void,
): Promise<InstrumentResult> {
  const { config, log, signal } = context;
  const { instrument } = planned;
  let job: Job | undefined = planned;
  return sessions.use(async (session) => {
    const { ledger, plan } = job ?? (await planJob(context, scope, instrument));
    job = undefined;
    const exchange = findVenue(instrument.exchange);
    const isStopped = () => signal.aborted;
    const run = { session, root: config.root, exchange, instrument, ledger, log };
    return transformInstrument({ ...run, onProgress, isStopped }, plan);
  });
}
