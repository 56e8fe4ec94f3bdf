// Compares one day of an instrument with the exchange's klines, has filled what differs, compares that
// once more, and writes down what it came to. A second is filled once: what a fill has not resolved is
// reported, not tried again.

import type { ArchiveClient } from '../../exchanges/archive.ts';
import type { VenueRest } from '../../exchanges/rest.ts';
import type { RestClient } from '../../exchanges/rest-client.ts';
import type { Clock } from '../../lake/clock.ts';
import type { Config } from '../../lake/config.ts';
import { usPerSecond } from '../../lake/day.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { type Instrument, partitionManifestPath, partitionPath } from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import { readPartitionManifest } from '../../lake/partition-manifest.ts';
import type { Comparison, DaySummary, KlineSource } from './comparison.ts';
import { fetchRestKlines, openArchiveKlines } from './klines.ts';
import { type Memory, rememberDay, rememberFill } from './memory.ts';
import { writeFindings, writeOutcome } from './outcome.ts';
import type { Job } from './plan.ts';
import {
  countSeconds,
  findDaySpan,
  mergeSpans,
  type Span,
  subtractSpans,
  takeSeconds,
} from './spans.ts';
import { countTrades } from './trade-count.ts';

export type DayContext = {
  config: Config;
  instrument: Instrument;
  comparison: Comparison;
  rest: VenueRest;
  client: RestClient;
  archive: ArchiveClient;
  /** Fetches the trades of the spans into the lake and derives them. */
  fill: (spans: readonly Span[]) => Promise<void>;
  /** Whether a file of the dataset `reconcile` is there. */
  hasFindings: (day: string) => Promise<boolean>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
};

export type DayResult = {
  memory: Memory;
  /** The state of the day; undefined where the archive has no file yet and the job waits for it. */
  summary: DaySummary | undefined;
  source: KlineSource;
  /** The second before which the comparison stands. */
  comparedTo: number | undefined;
  /** Whether the day got its first findings. */
  hasNewFile: boolean;
};

/** Differences so young are looked at again by the next run: klines may lag. */
const youngSeconds = 60;
/** Holes in what differs that are filled along. */
const joinWithinSeconds = 5;
/** Most seconds filled per day of an instrument and run; the rest has its turn in the next one. */
const maxFillSeconds = 7200;
const lockWithinMs = 10 * 60_000;

export async function reconcileDay(
  context: DayContext,
  job: Job,
  memory: Memory,
): Promise<DayResult> {
  const { config, instrument, comparison, clock } = context;
  const barsPath = partitionPath(config.root, 'bars_1s', instrument, job.day);
  const hadFile = await context.hasFindings(job.day);
  const recordedPath = partitionPath(config.root, 'reconcile', instrument, job.day);
  // Read before the bars: where they are replaced in between, the next run sees that they changed.
  const sha256 = await readBarsDigest(context, job);
  await comparison.begin(barsPath, hadFile ? recordedPath : undefined);
  const spans =
    job.kind === 'unresolved' ? mergeSpans(await comparison.findUnresolved()) : job.spans;
  const source = await addKlines(context, job, spans);
  if (source === undefined) {
    const archive_asked = { ...memory.archive_asked, [job.day]: nowSecond(clock) };
    const waiting = { ...memory, archive_asked };
    const nothing = { summary: undefined, comparedTo: undefined, hasNewFile: false };
    return { memory: waiting, source: 'archive', ...nothing };
  }
  const settledBefore = nowSecond(clock) - youngSeconds;
  const young = await comparison.compare(spans, source, settledBefore, clock.nowUs());
  const settled =
    young === undefined ? spans : subtractSpans(spans, [{ from: young, to: Infinity }]);
  const filled = await fillDifferences(context, job, memory, sha256);
  const after = await recordOutcome(context, job, filled, settled, source);
  return {
    ...after,
    source,
    comparedTo: settled.at(-1)?.to,
    hasNewFile: after.summary.recorded > 0 && !hadFile,
  };
}

/** Where the klines came from; undefined where the archive has none yet and the job waits for it. */
async function addKlines(
  context: DayContext,
  job: Job,
  spans: readonly Span[],
): Promise<KlineSource | undefined> {
  const { instrument, comparison, rest, client, archive, log, signal } = context;
  const { symbol } = instrument;
  const addRest = (wanted: readonly Span[]) =>
    comparison.addKlines('rest', fetchRestKlines(client, rest, symbol, wanted, signal));
  if (job.kind === 'day' && job.isOver) {
    const rows = await openArchiveKlines(archive, symbol, job.day, signal).catch((thrown) => {
      if (!(thrown instanceof OperationalError)) throw thrown;
      log.warn(`read archive klines ${symbol} ${job.day}: ${formatReason(thrown)}`);
      return undefined;
    });
    if (rows !== undefined) {
      await comparison.addKlines('archive', rows);
      await addRest(await comparison.findDisputed(spans));
      return 'archive';
    }
    if (job.mayWait) return undefined;
  }
  await addRest(spans);
  return 'rest';
}

/** The memory after fills, and which bars the findings are about. */
type Filled = { memory: Memory; sha256: string };

/** Fills what differs and was not filled before, and compares it once more, by REST. */
async function fillDifferences(
  context: DayContext,
  job: Job,
  memory: Memory,
  sha256: string,
): Promise<Filled> {
  const { config, instrument, comparison, rest, client, clock, signal, log } = context;
  const unresolved = mergeSpans(await comparison.findUnresolved(), joinWithinSeconds);
  const spans = takeSeconds(subtractSpans(unresolved, memory.filled), maxFillSeconds);
  if (spans.length === 0) return { memory, sha256 };
  const name = `${instrument.exchange}/${instrument.symbol} ${job.day}`;
  log.info(`reconcile ${name}: filling ${countSeconds(spans)} seconds that differ`);
  try {
    await context.fill(spans);
  } catch (thrown) {
    if (!(thrown instanceof OperationalError) || signal.aborted) throw thrown;
    log.warn(`fill ${name}: ${thrown.message}`);
    // Not remembered as tried: the next run tries again.
    if (thrown.retryable) return { memory, sha256 };
  }
  const freshSha256 = await readBarsDigest(context, job);
  await comparison.reloadBars(partitionPath(config.root, 'bars_1s', instrument, job.day));
  await comparison.forgetKlines();
  await comparison.addKlines(
    'rest',
    fetchRestKlines(client, rest, instrument.symbol, spans, signal),
  );
  await comparison.compare(spans, 'rest', Number.MAX_SAFE_INTEGER, clock.nowUs());
  const disputed = await comparison.findDisputedCounts();
  const counted = await countTrades(client, rest, instrument.symbol, disputed, signal);
  await comparison.judgeKlines(counted);
  return { memory: rememberFill(memory, spans), sha256: freshSha256 };
}

async function recordOutcome(
  context: DayContext,
  job: Job,
  { memory, sha256 }: Filled,
  settled: readonly Span[],
  source: KlineSource,
): Promise<{ memory: Memory; summary: DaySummary }> {
  const { config, instrument, comparison, clock, signal } = context;
  const { day } = job;
  const checked_at = new Date(clock.nowUs() / 1000).toISOString();
  const compared = mergeSpans([...(memory.days[day]?.compared ?? []), ...settled]);
  const summary = await comparison.summarize(compared);
  const { recorded, ...counts } = summary;
  const unresolved = await comparison.listUnresolved();
  const lock = await awaitLock(config.root, 'transform', { withinMs: lockWithinMs, signal });
  try {
    if (recorded > 0) await writeFindings(config, instrument, day, comparison);
    const defect_ranges = await comparison.listDefects();
    await writeOutcome(config, instrument, day, {
      checked_at,
      source,
      ...counts,
      defect_ranges,
      unresolved,
    });
  } finally {
    await lock.release();
  }
  const { differences, missing_here, missing_there } = counts;
  const known = memory.days[day];
  const untried = subtractSpans(mergeSpans(await comparison.findUnresolved()), memory.filled);
  const isWhole = settled.at(-1)?.to === findDaySpan(day).to;
  const isFinal = job.kind === 'day' && isWhole && (source === 'archive' || job.isLate);
  const outcome = {
    compared,
    source,
    bars_sha256: sha256,
    checked_at,
    is_finished: isFinal || (known?.is_finished === true && known.bars_sha256 === sha256),
    is_filled: untried.length === 0,
    differences,
    missing_here,
    missing_there,
    first_unresolved: unresolved[0]?.second ?? null,
  };
  return { memory: rememberDay(memory, day, outcome), summary };
}

/** Of the bars as they are published now. */
async function readBarsDigest({ config, instrument }: DayContext, job: Job): Promise<string> {
  const path = partitionManifestPath(config.root, 'bars_1s', instrument, job.day);
  return (await readPartitionManifest(path))?.sha256 ?? job.bars.sha256;
}

function nowSecond(clock: Clock): number {
  return Math.floor(clock.nowUs() / usPerSecond);
}
