// What to do when the disk says no: say so once, try again with backoff until it works, and remember
// the trouble for the status. The process stays up; how much may wait meanwhile is bounded by the
// chunk pool, which stops the reading. Only a stop gives up.

import { planBackoffMs } from '../lake/backoff.ts';
import { findErrorCode, formatReason, OperationalError } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';

const limits = { firstMs: 100, maxMs: 10_000 };

export type DiskTrouble = { what: string; reason: string; hint: string; sinceMs: number };

export type DiskRetryOptions = {
  log: Log;
  random: () => number;
  nowMs: () => number;
  /** Resolves after so many milliseconds, or rejects when `signal` is aborted. */
  wait: (ms: number, signal: AbortSignal) => Promise<unknown>;
};

export class DiskRetry {
  /** Operations that have failed and not yet succeeded. */
  readonly troubles = new Set<DiskTrouble>();
  readonly #options: DiskRetryOptions;
  readonly #abandoned = new AbortController();

  constructor(options: DiskRetryOptions) {
    this.#options = options;
  }

  /**
   * The result of `action`, tried until it succeeds. `what` names it in messages. Only failed system
   * calls are tried again; anything else is a bug and is thrown.
   */
  async run<T>(what: string, action: () => Promise<T>): Promise<T> {
    let trouble: DiskTrouble | undefined;
    for (let attempt = 0; ; attempt++) {
      try {
        const result = await action();
        if (trouble !== undefined) this.#recover(trouble);
        return result;
      } catch (thrown) {
        if (findErrorCode(thrown) === undefined) throw thrown;
        trouble ??= this.#report(what, thrown);
        if (this.#abandoned.signal.aborted) throw abandonedError(trouble, thrown);
      }
      await this.#wait(planBackoffMs(attempt, limits, this.#options.random));
    }
  }

  /** From now on what fails is given up with an OperationalError rather than tried again. */
  abandon(): void {
    this.#abandoned.abort();
  }

  async #wait(ms: number): Promise<void> {
    try {
      await this.#options.wait(ms, this.#abandoned.signal);
    } catch (thrown) {
      // The wait was cut short by `abandon`: one last attempt follows.
      if (!this.#abandoned.signal.aborted) throw thrown;
    }
  }

  #report(what: string, thrown: unknown): DiskTrouble {
    const [reason, hint] = [formatReason(thrown), hintAt(thrown)];
    const trouble = { what, reason, hint, sinceMs: this.#options.nowMs() };
    this.troubles.add(trouble);
    this.#options.log.error(`${what}: ${reason}; trying again`, { hint });
    return trouble;
  }

  #recover(trouble: DiskTrouble): void {
    this.troubles.delete(trouble);
    const afterMs = Math.round(this.#options.nowMs() - trouble.sinceMs);
    this.#options.log.info(`${trouble.what}: succeeded at last`, { afterMs });
  }
}

/** What an operator can do about a failed disk operation. */
function hintAt(thrown: unknown): string {
  const code = findErrorCode(thrown);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return 'free space under the root, or lower cleanup.raw_retention_days; nothing is lost yet';
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return 'let the user of this process write below the root; nothing is lost yet';
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return 'raise the limit of open files (LimitNOFILE=) above the symbols; nothing is lost yet';
  }
  return 'check the disk that holds the root; what is received is kept in memory meanwhile';
}

function abandonedError(trouble: DiskTrouble, cause: unknown): OperationalError {
  return new OperationalError(`${trouble.what}: ${trouble.reason}; given up at the stop`, {
    hint: 'what reached the disk is sealed at the next start',
    cause,
  });
}
