// Mode `reconcile`: our 1-second bars against the exchange's own 1-second klines, in every column both
// have. A difference has its seconds filled once; what then remains is reported, in the day's manifests,
// in the dataset `reconcile` and to the heartbeat. One run at a time per lake; REST is used within the
// share of all tools.

import { findExchange, listExchangeNames } from '../../exchanges/exchanges.ts';
import { planStreams, type VenuePlan } from '../../exchanges/plan.ts';
import { RestError } from '../../exchanges/rest-error.ts';
import { usPerSecond } from '../../lake/day.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import { awaitLock, takeLock } from '../../lake/lock.ts';
import type { ExitCode, ModeContext, RunMode } from '../../lake/mode.ts';
import { readDay, readText } from '../../lake/mode-options.ts';
import { writeCatalog } from '../../transformer/catalog.ts';
import { listAwayDays, listPartitionDays } from '../../transformer/partitions.ts';
import { withRestLock } from '../backfill/rest-lock.ts';
import { openVenueAccess, type VenueAccess } from '../backfill/venue-access.ts';
import { listBarsDays, listBarsInstruments } from './bars-days.ts';
import { type Comparison, openComparison } from './comparison.ts';
import { fillSeconds } from './fill-seconds.ts';
import { type Memory, readMemory, writeMemory } from './memory.ts';
import { type Job, planDay, planRun } from './plan.ts';
import { type DayContext, reconcileDay } from './reconcile-day.ts';
import { type Outcome, reportRun } from './report.ts';

/** How long the catalog waits for a run of the transformer. */
const transformWithinMs = 10 * 60_000;

export const runReconcile: RunMode = async (context) => {
  const { config, log, signal } = context;
  const date = readDay(context.options, 'date');
  const lock = await takeLock(config.root, 'reconcile');
  try {
    return await reconcileLake(context, date);
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    log.info('reconcile: stopped; the next run goes on');
    return 0;
  } finally {
    await lock.release();
  }
};

async function reconcileLake(context: ModeContext, date: string | undefined): Promise<ExitCode> {
  const startedUs = context.clock.nowUs();
  const plans = await planLake(context, date);
  const isIdle = plans.every(({ jobs }) => jobs.length === 0);
  const outcomes = isIdle
    ? plans.map(startOutcome)
    : await withRestLock(context, () => reconcileAll(context, plans, findDeadline(context, date)));
  return await reportRun(context, { startedUs, date, outcomes });
}

type InstrumentPlan = { instrument: Instrument; memory: Memory; jobs: Job[] };

/** What is due of every instrument asked for; what was compared longest ago has its turn first. */
async function planLake(
  { config, clock, log, options }: ModeContext,
  date: string | undefined,
): Promise<InstrumentPlan[]> {
  const { root } = config;
  const selection = {
    exchange: readText(options, 'exchange'),
    symbol: readText(options, 'symbol'),
  };
  const nowSecond = Math.floor(clock.nowUs() / usPerSecond);
  const overlapSeconds = Math.ceil(2 * config.reconcile.interval_minutes * 60);
  const plans: InstrumentPlan[] = [];
  for (const instrument of await listBarsInstruments(root, selection)) {
    const memory = await readMemory(root, instrument, log);
    const days = await listBarsDays(root, instrument);
    if (date !== undefined && (await listAwayDays(root, instrument)).includes(date)) {
      const name = `${instrument.exchange}/${instrument.symbol} ${date}`;
      log.warn(`reconcile ${name}: not here but in the store; run --mode restore first`);
    }
    const jobs =
      date === undefined
        ? planRun(days, memory, { nowSecond, overlapSeconds })
        : planDay(days, date, nowSecond);
    plans.push({ instrument, memory, jobs });
  }
  return plans.sort((a, b) => (a.memory.cursor ?? 0) - (b.memory.cursor ?? 0));
}

function startOutcome({ instrument, memory }: InstrumentPlan): Outcome {
  return { instrument, memory, results: [], error: undefined, isLeft: false };
}

/** A scheduled run leaves what it has not reached by then to the next one. */
function findDeadline({ config, clock }: ModeContext, date: string | undefined): number {
  if (date !== undefined) return Number.POSITIVE_INFINITY;
  return clock.monotonicMs() + config.reconcile.interval_minutes * 60_000;
}

async function reconcileAll(
  context: ModeContext,
  plans: readonly InstrumentPlan[],
  deadlineMs: number,
): Promise<Outcome[]> {
  const { clock, signal, config } = context;
  const access = new Map<string, VenueAccess>();
  const outcomes: Outcome[] = [];
  const comparison = await openComparison(config);
  try {
    for (const plan of plans) {
      if (signal.aborted) break;
      if (plan.jobs.length > 0 && clock.monotonicMs() > deadlineMs) {
        outcomes.push({ ...startOutcome(plan), isLeft: true });
        continue;
      }
      const { exchange } = plan.instrument;
      const venue = access.get(exchange) ?? openVenueAccess(context, findPlan(context, exchange));
      access.set(exchange, venue);
      const outcome = await reconcileInstrument(context, comparison, venue, plan);
      outcomes.push(outcome);
      if (outcome.error !== undefined && isOutage(outcome.error)) break;
    }
  } finally {
    comparison.close();
  }
  if (outcomes.some(({ results }) => results.some(({ hasNewFile }) => hasNewFile))) {
    await renewCatalog(config, signal);
  }
  return outcomes;
}

async function reconcileInstrument(
  context: ModeContext,
  comparison: Comparison,
  venue: VenueAccess,
  plan: InstrumentPlan,
): Promise<Outcome> {
  const { config, log, signal } = context;
  const { instrument } = plan;
  const outcome = startOutcome(plan);
  const day: DayContext = {
    ...context,
    instrument,
    comparison,
    rest: venue.exchange.rest,
    client: venue.rest,
    archive: venue.archive,
    fill: (spans) => fillSeconds(context, venue, instrument, spans),
    hasFindings: async (wanted) =>
      (await listPartitionDays(config.root, 'reconcile', instrument)).includes(wanted),
  };
  try {
    for (const job of plan.jobs) {
      const result = await reconcileDay(day, job, outcome.memory);
      outcome.memory = advance(result.memory, job, result.comparedTo);
      outcome.results.push({ day: job.day, ...result });
      await writeMemory(config.root, instrument, outcome.memory);
    }
  } catch (thrown) {
    if (!(thrown instanceof OperationalError) || signal.aborted) throw thrown;
    outcome.error = thrown;
    log.error(`reconcile ${instrument.exchange}/${instrument.symbol}: ${thrown.message}`);
  }
  return outcome;
}

/** Published seconds count as compared up to where the comparison stands. */
function advance(memory: Memory, job: Job, comparedTo: number | undefined): Memory {
  if (job.kind !== 'published' || comparedTo === undefined) return memory;
  return { ...memory, cursor: Math.max(memory.cursor ?? 0, comparedTo) };
}

/** Whether the next instrument would fail in the same way. */
function isOutage(error: OperationalError): boolean {
  return error instanceof RestError && (error.status === undefined || error.retryable);
}

async function renewCatalog(config: ModeContext['config'], signal: AbortSignal): Promise<void> {
  const lock = await awaitLock(config.root, 'transform', { withinMs: transformWithinMs, signal });
  try {
    await writeCatalog(config);
  } finally {
    await lock.release();
  }
}

/** The venue as configured, or by its own addresses where it is configured no more. */
function findPlan({ config }: ModeContext, name: string): VenuePlan {
  const planned = planStreams(config).find(({ exchange }) => exchange.name === name);
  if (planned !== undefined) return planned;
  const exchange = findExchange(name);
  if (exchange === undefined) {
    throw new OperationalError(`reconcile ${name}: no exchange of that name`, {
      hint: `there are ${listExchangeNames().join(', ')}`,
    });
  }
  const { wsUrls, restUrl, archive } = exchange;
  return { exchange, wsUrls, restUrl, archiveUrl: archive.url, streams: [] };
}
