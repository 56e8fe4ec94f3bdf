// A DuckDB session that is kept for long. A fatal error inside DuckDB leaves a database that answers nothing any more,
// whoever asks; such a session is never used again: another is opened in its place. What fails for any other reason
// fails as it is.

import type { DuckdbSession } from './duckdb.ts';
import { formatReason, OperationalError } from './errors.ts';

export type KeptSession<Session extends DuckdbSession> = {
  /** The one to ask now. */
  readonly session: Session;
  /**
   * Does the work, once more with another session where its own was lost. Throws DatabaseLostError where that is lost, too;
   * whoever asks next has another.
   */
  use<Value>(work: (session: Session) => Promise<Value>): Promise<Value>;
  /** Opens another in place of `used`, where that was lost; whether it was. */
  renewIfLost(used: Session): Promise<boolean>;
  close(): void;
};

/** Throws what `open` throws, now and when another is opened. */
export async function keepSession<Session extends DuckdbSession>(
  open: () => Promise<Session>,
): Promise<KeptSession<Session>> {
  let session = await open();
  let renewing: Promise<void> | undefined;

  async function renew(): Promise<void> {
    const lost = session;
    session = await open();
    lost.close();
  }

  async function renewIfLost(used: Session): Promise<boolean> {
    // Somebody else may have seen it first.
    if (used !== session) return true;
    if (renewing === undefined && !(await used.isLost())) return false;
    if (used === session) {
      renewing ??= renew().finally(() => {
        renewing = undefined;
      });
    }
    await renewing;
    return true;
  }

  async function use<Value>(work: (session: Session) => Promise<Value>): Promise<Value> {
    const first = session;
    try {
      return await work(first);
    } catch (thrown) {
      if (!(await renewIfLost(first))) throw thrown;
    }
    const second = session;
    try {
      return await work(second);
    } catch (thrown) {
      throw (await renewIfLost(second)) ? new DatabaseLostError(thrown) : thrown;
    }
  }

  return {
    get session() {
      return session;
    },
    use,
    renewIfLost,
    close: () => session.close(),
  };
}

/** A statement has ended the database it was asked of. */
export class DatabaseLostError extends OperationalError {
  constructor(cause: unknown) {
    super(`run statement: DuckDB met a fatal error: ${formatReason(cause)}`, {
      hint: 'try again: it is asked of a database opened anew; where it comes back, say it in other words',
      retryable: true,
      cause,
    });
    this.name = 'DatabaseLostError';
  }
}
