// Mode `backfill`: fetches what the lake lacks. Without options all that the manifests call missing;
// with --from the history of every configured symbol, too. One run at a time per lake; it can be ended
// at any moment, and the next one goes on.

import { join } from 'node:path';
import { planStreams, type VenuePlan } from '../../exchanges/plan.ts';
import { addDays, type Day, formatDay } from '../../lake/day.ts';
import { listNames } from '../../lake/durable.ts';
import { formatReason, OperationalError, UsageError } from '../../lake/errors.ts';
import { datasetDir, type Instrument, tempDir } from '../../lake/layout.ts';
import { awaitLock, type Lock, takeLock } from '../../lake/lock.ts';
import type { ModeContext, ModeOptions, RunMode } from '../../lake/mode.ts';
import { readDay, readText } from '../../lake/mode-options.ts';
import { openProgressBar } from '../../lake/progress.ts';
import { recoverStaged } from './claim-part.ts';
import { listDays } from './day-plan.ts';
import { fillHoles, findHoles } from './fill-holes.ts';
import { fillHistory, type HistoryOutcome, type HistoryRequest } from './history.ts';
import { withRestLock } from './rest-lock.ts';
import { formatSummary, type SymbolSummary } from './summary.ts';
import { transformParts } from './transform-parts.ts';
import { openVenueAccess, type VenueAccess } from './venue-access.ts';

type Scope = {
  exchange: string | undefined;
  symbol: string | undefined;
  span: { from: Day; to: Day } | undefined;
};

type Job = { instrument: Instrument; access: () => VenueAccess };

const purpose = 'backfill';
const downloadsName = 'archive-backfill';
const turnWithinMs = 900_000;
/** A busy day takes minutes: whoever waits is told how far it is. */
const tellEveryMs = 15_000;

export const runBackfill: RunMode = async (context) => {
  const { config, signal } = context;
  const scope = parseScope(context.options, context.clock.nowUs());
  const plans = choosePlans(planStreams(config), scope);
  const lock = await takeTurn(context);
  try {
    await clearStaged(config.root);
    const jobs = (await Promise.all(plans.map((plan) => listJobs(context, scope, plan)))).flat();
    return await runJobs(context, scope, jobs);
  } catch (thrown) {
    if (signal.aborted) return 0;
    throw thrown;
  } finally {
    await clearStaged(config.root);
    await lock.release();
  }
};

/** Runs take turns: one that was started by hand does not make the scheduled one fail. */
async function takeTurn({ config, signal, log }: ModeContext): Promise<Lock> {
  try {
    return await takeLock(config.root, purpose);
  } catch (thrown) {
    if (!(thrown instanceof OperationalError && thrown.retryable)) throw thrown;
    log.info(`wait for another backfill: ${formatReason(thrown)}`);
    return awaitLock(config.root, purpose, { withinMs: turnWithinMs, signal });
  }
}

/** What a run that was killed had claimed becomes a part, and the rest goes. */
async function clearStaged(root: string): Promise<void> {
  for (const name of [purpose, downloadsName]) await recoverStaged(tempDir(root, name));
}

function parseScope(options: ModeOptions, nowUs: number): Scope {
  const from = readDay(options, 'from');
  const to = readDay(options, 'to');
  const today = formatDay(nowUs);
  if (from === undefined && to !== undefined) throw new UsageError('parse --to: --from is missing');
  if (from !== undefined && from > (to ?? today)) {
    throw new UsageError(`parse --from: ${from} comes after ${to ?? 'today'}`);
  }
  const last = to === undefined || to > today ? addDays(today, to === undefined ? -1 : 0) : to;
  const span = from === undefined ? undefined : { from, to: last };
  return { exchange: readText(options, 'exchange'), symbol: readText(options, 'symbol'), span };
}

function choosePlans(plans: readonly VenuePlan[], { exchange: name }: Scope): VenuePlan[] {
  const chosen = plans.filter(({ exchange }) => exchange.name === (name ?? exchange.name));
  if (chosen.length > 0) return chosen;
  const known = plans.map(({ exchange }) => exchange.name).join(', ');
  throw new UsageError(`parse --exchange: "${name}" is not configured; there are ${known}`);
}

/** The symbols of a venue that have something to be done: all for a history, else those with holes. */
async function listJobs(context: ModeContext, scope: Scope, plan: VenuePlan): Promise<Job[]> {
  const { root } = context.config;
  const exchange = plan.exchange.name;
  const stored = await listNames(join(datasetDir(root, 'trades'), exchange));
  const configured = plan.streams.map((stream) => stream.symbol);
  const isHistory = scope.span !== undefined;
  const all = isHistory ? [...new Set(configured)] : stored;
  const { symbol: one } = scope;
  if (one !== undefined && !isHistory && !stored.includes(one)) {
    throw new OperationalError(
      `backfill ${exchange}/${one}: there are no trades of it in ${root}`,
      {
        hint: `there are ${stored.join(', ') || 'none at all'}; --from fetches the history of a symbol`,
      },
    );
  }
  const symbols = one === undefined ? all : [one];
  let opened: VenueAccess | undefined;
  const access = () => {
    opened ??= openVenueAccess(context, plan, downloadsName);
    return opened;
  };
  const jobs: Job[] = [];
  for (const symbol of symbols) {
    const instrument = { exchange, symbol };
    if (isHistory || (await hasDueHole(context, instrument))) {
      jobs.push({ instrument, access });
    }
  }
  return jobs;
}

async function hasDueHole({ config, clock }: ModeContext, instrument: Instrument) {
  const holes = await findHoles(config.root, instrument, clock.nowUs());
  return holes.restDue.length + holes.archiveDue.length > 0;
}

async function runJobs(context: ModeContext, scope: Scope, jobs: readonly Job[]): Promise<0 | 1> {
  const { signal, log, clock } = context;
  if (jobs.length === 0 && process.stdout.isTTY)
    print('nothing is missing that could be asked for');
  const days = scope.span === undefined ? 0 : listDays(scope.span.from, scope.span.to).length;
  let trades = 0;
  let toldMs = clock.monotonicMs();
  let job = '';
  const bar = openProgressBar(process.stderr, days * jobs.length, clock.monotonicMs, {
    verb: 'backfill',
    formatAmounts: (done, total) => `${done} of ${total} days, ${trades} trades`,
  });
  const progress = {
    onDay: () => bar.add(1),
    onTrades(more: number) {
      trades += more;
      bar.add(0);
      if (clock.monotonicMs() - toldMs < tellEveryMs) return;
      toldMs = clock.monotonicMs();
      log.info(`backfill ${job}: ${trades} trades fetched so far`);
      if (!process.stderr.isTTY) process.stderr.write(`backfill ${job}: ${trades} trades so far\n`);
    },
  };
  let failed = 0;
  for (const next of jobs) {
    if (signal.aborted) break;
    const name = `${next.instrument.exchange}/${next.instrument.symbol}`;
    job = name;
    try {
      const summary = await runJob(context, scope, next, progress);
      const text = formatSummary({ name, ...summary });
      log.info(`backfill ${text}`);
      print(text);
    } catch (thrown) {
      if (signal.aborted) break;
      failed++;
      log.error(`backfill ${name}: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }
  bar.finish();
  if (signal.aborted && jobs.length > 0) print('stopped; the next run goes on from here');
  return failed === 0 ? 0 : 1;
}

async function runJob(
  context: ModeContext,
  { span }: Scope,
  { instrument, access }: Job,
  progress: Pick<HistoryRequest, 'onDay' | 'onTrades'>,
): Promise<Omit<SymbolSummary, 'name'>> {
  const request = { context, access: access(), instrument, purpose, ...progress };
  // What was fetched already, by the collector or by a run that was ended, is not fetched again.
  await transformParts(context, instrument);
  let history: HistoryOutcome | undefined;
  if (span !== undefined) history = await fillHistory({ ...request, ...span });
  const found = await findHoles(context.config.root, instrument, context.clock.nowUs());
  const isDue = found.restDue.length + found.archiveDue.length > 0 && !context.signal.aborted;
  const filled = isDue
    ? await withRestLock(context, () => fillHoles(request, found))
    : { restTrades: 0, archiveTrades: 0, left: found.missing, defects: [], parts: [] };
  if (filled.parts.length > 0) await transformParts(context, instrument);
  return {
    history,
    restTrades: filled.restTrades + (history?.restTrades ?? 0),
    archiveTrades: filled.archiveTrades + (history?.archiveTrades ?? 0),
    left: filled.left,
    uncollected: found.uncollected,
    defects: [...(history?.defects ?? []), ...filled.defects],
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
