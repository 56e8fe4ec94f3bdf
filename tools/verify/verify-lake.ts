// Verifies the lake, or what of it is asked for: parts against their manifest, partitions against their
// parts, manifests against rows, ids against each other, rows against rules. The lake is only read; what
// is derived again lies in a folder of its own, which is removed.

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Day } from '../../lake/day.ts';
import { OperationalError } from '../../lake/errors.ts';
import { keepSession } from '../../lake/kept-session.ts';
import { type Instrument, tempDir } from '../../lake/layout.ts';
import { findLockHolder } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import type { ModeContext } from '../../lake/mode.ts';
import { openProgressBar, transformProgress } from '../../lake/progress.ts';
import { listParts } from '../../transformer/parts.ts';
import { openTransformSession } from '../../transformer/session.ts';
import { listAllInstruments } from '../../transformer/stored-instruments.ts';
import type { DayReport } from './day-report.ts';
import { createPartReader } from './measure-part.ts';
import { formatVerdicts } from './report.ts';
import { verifyInstrument } from './verify-instrument.ts';
import type { VerifyRun } from './verify-run.ts';

/** What to verify; everything where nothing is said. */
export type VerifyScope = {
  exchange?: string | undefined;
  symbol?: string | undefined;
  date?: Day | undefined;
};

export type VerifyContext = Pick<ModeContext, 'config' | 'clock' | 'signal'> & { log: Log };

/**
 * One report per symbol and day of the scope. One verification at a time: the caller holds the lock
 * `verify`. An empty lake has none. Throws OperationalError where nothing is stored of a narrower scope,
 * and when it is stopped.
 */
export async function verifyLake(context: VerifyContext, scope: VerifyScope): Promise<DayReport[]> {
  const { root } = context.config;
  const instruments = await listChosen(root, scope);
  const bytes = await countBytes(root, instruments, scope.date);
  const reports = await withVerifyRun(context, bytes, async (run) => {
    const found: DayReport[] = [];
    for (const instrument of instruments) {
      for await (const report of verifyInstrument(run, instrument, scope.date)) found.push(report);
    }
    return found;
  });
  if (context.signal.aborted) {
    throw new OperationalError(`verify ${root}: stopped after ${formatVerdicts(reports)}`);
  }
  const isNarrowed = Object.values(scope).some((value) => value !== undefined);
  if (reports.length > 0 || !isNarrowed) return reports;
  throw new OperationalError(`verify ${root}: nothing is stored of ${formatScope(scope)}`, {
    hint: 'see --root, --exchange, --symbol and --date',
  });
}

/** Runs `work` with a session and a folder of its own, and removes both. `bytes` are for the bar. */
export async function withVerifyRun<T>(
  { config, clock, signal, log }: VerifyContext,
  bytes: number,
  work: (run: VerifyRun) => Promise<T>,
): Promise<T> {
  const { root } = config;
  const kind = { ...transformProgress, verb: 'verify' };
  const bar = openProgressBar(process.stderr, bytes, clock.monotonicMs, kind);
  const scratch = tempDir(root, 'verify');
  // What a crash has left; nobody else has the lock.
  await rm(scratch, { recursive: true, force: true });
  const sessions = await keepSession(() => openTransformSession({ ...config, root: scratch }));
  try {
    return await work({
      get session() {
        return sessions.session;
      },
      sessions,
      root,
      scratch: join(scratch, 'lake'),
      reader: createPartReader(root, (done) => bar.add(done)),
      isCollecting: async () => (await findLockHolder(root, 'collect')) !== undefined,
      nowUs: clock.nowUs,
      log,
      onProgress: (done) => bar.add(done),
      isStopped: () => signal.aborted,
    });
  } finally {
    sessions.close();
    bar.finish();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Instruments that have raw parts or partitions. */
async function listChosen(root: string, { exchange, symbol }: VerifyScope): Promise<Instrument[]> {
  return (await listAllInstruments(root)).filter(
    (each) =>
      each.exchange === (exchange ?? each.exchange) && each.symbol === (symbol ?? each.symbol),
  );
}

/** What is to be read: each part once for its hash and once to derive from it. */
async function countBytes(
  root: string,
  instruments: readonly Instrument[],
  date: string | undefined,
): Promise<number> {
  let bytes = 0;
  for (const instrument of instruments) {
    for (const part of await listParts(root, instrument)) {
      if (part.day === (date ?? part.day)) bytes += 2 * part.bytes;
    }
  }
  return bytes;
}

export function formatScope({ exchange, symbol, date }: VerifyScope): string {
  return `${exchange ?? 'every exchange'}, ${symbol ?? 'every symbol'}, ${date ?? 'every day'}`;
}
