// The live tail: trades and bars of raw that no run has transformed yet, down to the part being written, made by
// the transformer's own SQL and laid where the views `bars_live` and `trades_live` find it. Never touches a partition,
// a ledger or the quarantine. One process at a time works on it: it holds the lock `live`, shortly.

import { join } from 'node:path';
import type { Config } from '../../lake/config.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { type Instrument, tempDir } from '../../lake/layout.ts';
import { awaitLock } from '../../lake/lock.ts';
import type { Log } from '../../lake/log.ts';
import { openLedger } from '../ledger.ts';
import { listAwayDays } from '../partitions.ts';
import { listInstruments, listRawDays, type Part } from '../parts.ts';
import { readVenueSql } from '../session.ts';
import { findVenue } from '../transform-lake.ts';
import { deriveTail } from './derive-tail.ts';
import { copyWholeLines } from './open-copy.ts';
import { writeLayer } from './tail-files.ts';
import { listTailParts } from './tail-parts.ts';
import { openTailSession } from './tail-session.ts';
import { readTailStamp } from './tail-stamp.ts';

export type LiveTail = {
  /**
   * Brings the tail of the instruments, or of all, up to date with what is on disk now. Throws OperationalError
   * where that of one could not be made; the others are up to date then.
   */
  refresh(instruments?: readonly Instrument[]): Promise<void>;
  close(): void;
};

/** Publications that come in between, before one is given up. */
const maxAttempts = 5;
/** A refresh takes less than a second; the first one after hours, several. */
const lockWithinMs = 60_000;

export async function openLiveTail(config: Config, log: Log): Promise<LiveTail> {
  const session = await openTailSession(config);
  const { root } = config;
  const { signal } = new AbortController();
  let last = Promise.resolve();
  async function refresh(instruments: readonly Instrument[] | undefined): Promise<void> {
    const lock = await awaitLock(root, 'live', { withinMs: lockWithinMs, signal });
    try {
      const failures: string[] = [];
      for (const instrument of instruments ?? (await listInstruments(root))) {
        await refreshInstrument({ session, root, log }, instrument).catch((thrown) => {
          failures.push(`${instrument.exchange}/${instrument.symbol}: ${formatReason(thrown)}`);
        });
      }
      if (failures.length > 0) throw new OperationalError(`refresh live ${failures.join('; ')}`);
    } finally {
      await lock.release();
    }
  }
  return {
    refresh(instruments) {
      // One after the other: they share the session.
      const next = last.catch(() => {}).then(() => refresh(instruments));
      last = next;
      return next;
    },
    close: () => session.close(),
  };
}

type Context = { session: DuckdbSession; root: string; log: Log };

async function refreshInstrument(context: Context, instrument: Instrument): Promise<void> {
  const { root } = context;
  const read = async () => readTailStamp(root, instrument, await listRawDays(root, instrument));
  for (let attempt = 1; ; attempt++) {
    const before = await read();
    const thrown: unknown = await refreshOnce(context, instrument).catch((reason) => reason);
    if (before === (await read()) || attempt === maxAttempts) {
      if (thrown !== undefined) throw thrown;
      return;
    }
  }
}

async function refreshOnce({ session, root, log }: Context, instrument: Instrument): Promise<void> {
  const ledger = openLedger(root, instrument);
  const parts = await listTailParts(root, instrument, ledger);
  const scratchDir = tempDir(root, 'live');
  const open: Part[] = [];
  for (const [index, part] of parts.open.entries()) {
    const path = join(scratchDir, `open-${index}.jsonl`);
    const bytes = await copyWholeLines(part.path, path);
    open.push({ ...part, path, bytes, sha256: '' });
  }
  const away = new Set(await listAwayDays(root, instrument));
  const venue = readVenueSql(findVenue(instrument.exchange).sqlDir);
  const derivation = { session, root, instrument, ledger, away, venue, log, scratchDir };
  const pending = [...parts.pending, ...open];
  await deriveTail(derivation, { pending, known: parts.known });
  await writeLayer(session, root, instrument, 'open');
}
