// Mode `reconcile`: our 1-second bars against the exchange's own 1-second klines, in every column both
// have. A difference has its seconds filled once; what then remains is reported, in the day's manifests,
// in the dataset `reconcile` and to the heartbeat. One run at a time per lake; REST is used within the
// share of all tools.

import { findExchange, listExchangeNames } from '../../exchanges/exchanges.ts';
import { planStreams, type VenuePlan } from '../../exchanges/plan.ts';
import { RestError } from '../../exchanges/rest-error.ts';
import { isDay, usPerSecond } from '../../lake/day.ts';
import { OperationalError, UsageError } from '../../lake/errors.ts';
import type { Instrument } from '../../lake/layout.ts';
import { awaitLock, takeLock } from '../../lake/lock.ts';
import type { ExitCode, ModeContext, RunMode } from '../../lake/mode.ts';
import { writeCatalog } from '../../transformer/catalog.ts';
import { listPartitionDays } from '../../transformer/partitions.ts';
import { withRestLock } from '../backfill/rest-lock.ts';
import { openVenueAccess, type VenueAccess } from '../backfill/venue-access.ts';
import { listBarsDays, listBarsInstruments } from './bars-days.ts';
import { type Comparison, openComparison } from './comparison.ts';
import { fillSeconds } from './fill-seconds.ts';
import { type Memory, readMemory, writeMemory } from './memory.ts';
import { type Job, planDay, planRun } from './plan.ts';
import { reconcileDay } from './reconcile-day.ts';
import { type Outcome, reportRun } from './report.ts';

/** How long the catalog waits for a run of the transformer. */
const transformWithinMs = 10 * 60_000;

export const runReconcile: RunMode = async (context) => {
  const date = parseDate(context);
  const lock = await takeLock(context.config.root, 'reconcile');
  try {
    return await withRestLock(context, () => reconcileLake(context, date));
  } finally {
    await lock.release();
  }
};

async function reconcileLake(context: ModeContext, date: string | undefined): Promise<ExitCode> {
  const { config, clock, options } = context;
  const startedUs = clock.nowUs();
  const selection = { exchange: asText(options.exchange), symbol: asText(options.symbol) };
  const instruments = await listBarsInstruments(config.root, selection);
  const comparison = await openComparison(config);
  try {
    const run = { context, comparison, date, deadlineMs: findDeadline(context, date) };
    const outcomes = await reconcileAll(run, await readMemories(context, instruments));
    return await reportRun(context, { startedUs, date, outcomes });
  } finally {
    comparison.close();
  }
}

type Run = {
  context: ModeContext;
  comparison: Comparison;
  date: string | undefined;
  /** On the monotonic clock: what is due then is left to the next run. */
  deadlineMs: number;
};

type Known = { instrument: Instrument; memory: Memory };

/** What was compared longest ago has its turn first. */
async function readMemories(
  { config, log }: ModeContext,
  instruments: readonly Instrument[],
): Promise<Known[]> {
  const known: Known[] = [];
  for (const instrument of instruments) {
    known.push({ instrument, memory: await readMemory(config.root, instrument, log) });
  }
  return known.sort((a, b) => (a.memory.cursor ?? 0) - (b.memory.cursor ?? 0));
}

/** A scheduled run leaves what it has not reached by then to the next one. */
function findDeadline({ config, clock }: ModeContext, date: string | undefined): number {
  if (date !== undefined) return Number.POSITIVE_INFINITY;
  return clock.monotonicMs() + config.reconcile.interval_minutes * 60_000;
}

async function reconcileAll(run: Run, all: readonly Known[]): Promise<Outcome[]> {
  const { context, deadlineMs } = run;
  const { clock, signal, config } = context;
  const access = new Map<string, VenueAccess>();
  const outcomes: Outcome[] = [];
  let hasNewFile = false;
  for (const { instrument, memory } of all) {
    if (signal.aborted) break;
    if (clock.monotonicMs() > deadlineMs) {
      outcomes.push({ instrument, memory, jobs: [], error: undefined, isLeft: true });
      continue;
    }
    const { exchange } = instrument;
    const venue = access.get(exchange) ?? openVenueAccess(context, findPlan(context, exchange));
    access.set(exchange, venue);
    const outcome = await reconcileInstrument(run, venue, instrument, memory);
    outcomes.push(outcome);
    hasNewFile ||= outcome.jobs.some((job) => job.hasNewFile);
    if (outcome.error !== undefined && isOutage(outcome.error)) break;
  }
  if (hasNewFile) await renewCatalog(config, signal);
  return outcomes;
}

async function reconcileInstrument(
  { context, comparison, date }: Run,
  { exchange, rest: client, archive }: VenueAccess,
  instrument: Instrument,
  before: Memory,
): Promise<Outcome> {
  const { config, clock, log, signal } = context;
  const outcome: Outcome = {
    instrument,
    memory: before,
    jobs: [],
    error: undefined,
    isLeft: false,
  };
  const days = await listBarsDays(config.root, instrument);
  const nowSecond = Math.floor(clock.nowUs() / usPerSecond);
  const overlapSeconds = Math.ceil(2 * config.reconcile.interval_minutes * 60);
  const jobs =
    date === undefined
      ? planRun(days, before, { nowSecond, overlapSeconds })
      : planDay(days, date, nowSecond);
  const day = {
    ...{ config, instrument, comparison, client, archive, clock, log, signal },
    rest: exchange.rest,
    fill: (spans: Parameters<typeof fillSeconds>[3]) =>
      fillSeconds(context, { exchange, rest: client, archive }, instrument, spans),
    hasFindings: async (wanted: string) =>
      (await listPartitionDays(config.root, 'reconcile', instrument)).includes(wanted),
  };
  try {
    for (const job of jobs) {
      const result = await reconcileDay(day, job, outcome.memory);
      outcome.memory = advance(result.memory, job, result.comparedTo);
      outcome.jobs.push({ day: job.day, ...result });
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

function parseDate({ options }: ModeContext): string | undefined {
  const date = asText(options.date);
  if (date === undefined || isDay(date)) return date;
  throw new UsageError(`parse --date: "${date}" is no UTC day, write YYYY-MM-DD`);
}

function asText(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
