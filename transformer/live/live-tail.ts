// The live tail: trades and bars of raw that no run has transformed yet, down to the part being written, made by
// the transformer's own SQL and laid where the views `bars_live` and `trades_live` find it. Never touches a partition,
// a ledger or the quarantine. One process at a time works on it: it holds the lock `live`, shortly.

import type { Config } from '../../lake/config.ts';
import type { DuckdbSession } from '../../lake/duckdb.ts';
import { formatReason, OperationalError } from '../../lake/errors.ts';
import { keepSession } from '../../lake/kept-session.ts';
import type { Instrument } from '../../lake/layout.ts';
import type { Log } from '../../lake/log.ts';
import { listInstruments } from '../parts.ts';
import { type RefreshContext, refreshInstrument } from './refresh-instrument.ts';
import { awaitTailLock } from './tail-lock.ts';
import { openTailSession } from './tail-session.ts';

export type LiveTail = {
  /**
   * Brings the tail of the instruments, or of all, up to date with what is on disk now. Throws OperationalError
   * where that of one could not be made; the others are up to date then.
   */
  refresh(instruments?: readonly Instrument[]): Promise<void>;
  close(): void;
};

export async function openLiveTail(
  config: Pick<Config, 'root' | 'live' | 'transformer'>,
  log: Log,
): Promise<LiveTail> {
  const sessions = await keepSession(() => openTailSession(config));
  const { root } = config;
  const { compression } = config.transformer;
  const { session } = sessions;
  let context: RefreshContext = { session, root, log, compression, desks: new Map() };
  let last = Promise.resolve();
  const leaveDesks = () => {
    for (const desk of context.desks.values()) desk.session.close();
  };
  async function refreshIn(one: DuckdbSession, instrument: Instrument): Promise<void> {
    if (one !== context.session) {
      leaveDesks();
      context = { ...context, session: one, desks: new Map() };
    }
    await refreshInstrument(context, instrument);
  }
  async function refresh(instruments: readonly Instrument[] | undefined): Promise<void> {
    const lock = await awaitTailLock(root);
    try {
      const failures: string[] = [];
      for (const instrument of instruments ?? (await listInstruments(root))) {
        await sessions
          .use((one) => refreshIn(one, instrument))
          .catch((thrown) => {
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
    close() {
      leaveDesks();
      sessions.close();
    },
  };
}
