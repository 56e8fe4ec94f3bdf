// Mode `transform`: every sealed part that is not transformed yet becomes partitions. One run at a time
// per lake. An instrument that fails does not keep the others from being done.

import { findExchange, listExchangeNames } from '../exchanges/exchanges.ts';
import { isDay } from '../lake/day.ts';
import { formatReason, OperationalError, UsageError } from '../lake/errors.ts';
import { type Instrument, transformStateDir } from '../lake/layout.ts';
import { takeLock } from '../lake/lock.ts';
import type { ModeContext, RunMode } from '../lake/mode.ts';
import { writeStatus } from '../lake/status.ts';
import { writeCatalog } from './catalog.ts';
import { recoverCommit } from './commit.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { listInstruments } from './parts.ts';
import { openProgressBar } from './progress.ts';
import { openTransformSession } from './session.ts';
import {
  type InstrumentResult,
  type PartSets,
  sortParts,
  transformInstrument,
} from './transform-instrument.ts';

type Job = { instrument: Instrument; ledger: Ledger; parts: PartSets };
type Totals = InstrumentResult & { failures: string[] };

export const runTransform: RunMode = async (context) => {
  const { config, clock, log } = context;
  const selection = parseSelection(context);
  const lock = await takeLock(config.root, 'transform');
  try {
    const startedUs = clock.nowUs();
    const totals = await transformAll(context, await listJobs(config.root, selection));
    await writeCatalog(config);
    const error = totals.failures[0] ?? null;
    await writeStatus(config.root, 'transform', {
      updated_at: formatTime(clock.nowUs()),
      last_run: {
        started_at: formatTime(startedUs),
        finished_at: formatTime(clock.nowUs()),
        ok: error === null,
        parts: totals.parts,
        messages: totals.frames,
        lines_quarantined: totals.linesQuarantined,
        error,
      },
    });
    log.info('transform done', { ...totals, milliseconds: (clock.nowUs() - startedUs) / 1000 });
    return error === null ? 0 : 1;
  } finally {
    await lock.release();
  }
};

type Selection = {
  exchange: string | undefined;
  symbol: string | undefined;
  date: string | undefined;
  rebuild: boolean;
};

function parseSelection({ options }: ModeContext): Selection {
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  const date = text('date');
  if (date !== undefined && !isDay(date)) {
    throw new UsageError(`parse --date: "${date}" is no UTC day, write YYYY-MM-DD`);
  }
  return {
    exchange: text('exchange'),
    symbol: text('symbol'),
    date,
    rebuild: options.rebuild === true,
  };
}

async function listJobs(root: string, selection: Selection): Promise<Job[]> {
  const instruments = await listInstruments(root);
  const chosen = instruments.filter(
    ({ exchange, symbol }) =>
      exchange === (selection.exchange ?? exchange) && symbol === (selection.symbol ?? symbol),
  );
  if (chosen.length === 0 && (selection.exchange ?? selection.symbol) !== undefined) {
    const wanted = `${selection.exchange ?? '*'}/${selection.symbol ?? '*'}`;
    const present = instruments.map(({ exchange, symbol }) => `${exchange}/${symbol}`);
    throw new OperationalError(`transform ${wanted}: there are no raw parts of it in ${root}`, {
      hint: present.length > 0 ? `there are ${present.join(', ')}` : 'nothing was collected yet',
    });
  }
  const jobs: Job[] = [];
  for (const instrument of chosen) {
    await recoverCommit(transformStateDir(root, instrument));
    const ledger = openLedger(root, instrument);
    jobs.push({ instrument, ledger, parts: await sortParts(root, instrument, ledger, selection) });
  }
  return jobs;
}

async function transformAll(context: ModeContext, jobs: readonly Job[]): Promise<Totals> {
  const { config, log, signal } = context;
  const totals: Totals = { parts: 0, frames: 0, linesQuarantined: 0, failures: [] };
  const bytes = jobs.flatMap((job) => job.parts.pending).reduce((sum, part) => sum + part.bytes, 0);
  const bar = openProgressBar(process.stderr, bytes, context.clock.monotonicMs);
  const session = await openTransformSession(config);
  try {
    for (const { instrument, ledger, parts } of jobs) {
      if (signal.aborted) break;
      const name = `${instrument.exchange}/${instrument.symbol}`;
      try {
        const result = await transformInstrument(
          {
            session,
            root: config.root,
            exchange: findVenue(instrument.exchange),
            instrument,
            ledger,
            onProgress: (done) => bar.add(done),
            isStopped: () => signal.aborted,
          },
          parts,
        );
        totals.parts += result.parts;
        totals.frames += result.frames;
        totals.linesQuarantined += result.linesQuarantined;
        if (result.linesQuarantined > 0) {
          log.warn(`transform ${name}: ${result.linesQuarantined} lines in quarantine`);
        }
      } catch (thrown) {
        totals.failures.push(`transform ${name}: ${formatReason(thrown)}`);
        log.error(`transform ${name}: ${thrown instanceof Error ? thrown.message : thrown}`);
      }
    }
  } finally {
    session.close();
    bar.finish();
  }
  return totals;
}

function findVenue(name: string) {
  const exchange = findExchange(name);
  if (exchange !== undefined) return exchange;
  throw new OperationalError(`read raw/${name}: no exchange of that name`, {
    hint: `there are ${listExchangeNames().join(', ')}; move the folder away if it is not yours`,
  });
}

function formatTime(timeUs: number): string {
  return new Date(timeUs / 1000).toISOString();
}
