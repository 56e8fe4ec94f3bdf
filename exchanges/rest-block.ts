// Until when an exchange has blocked this address. A block concerns every process here, so it stands in
// `state/rest/<exchange>.json`, which is read before each request and written when a block begins. A
// block is never shortened, and what this process was told itself also holds where the file is gone.

import { z } from 'zod';
import type { Clock } from '../lake/clock.ts';
import { readTextIfPresent, writeFileDurably } from '../lake/durable.ts';
import { formatReason, OperationalError } from '../lake/errors.ts';
import { restStatePath } from '../lake/layout.ts';
import { maxBlockMs } from './rest-verdict.ts';

const stateSchema = z.object({
  blocked_until: z.iso.datetime(),
  /** What the exchange said. */
  reason: z.string(),
});

export class RestBlock {
  readonly #path: string;
  readonly #clock: Clock;
  /** By the monotonic clock: as this process was told. */
  #ownUntilMs = 0;
  /** By the wall clock, ms since the epoch: as the file says. */
  #sharedUntilMs = 0;

  constructor(root: string, exchange: string, clock: Clock) {
    this.#path = restStatePath(root, exchange);
    this.#clock = clock;
  }

  /** Reads what other processes were told. Throws OperationalError where the file cannot be read. */
  async refresh(): Promise<void> {
    const text = await readTextIfPresent(this.#path).catch((thrown) => this.#fail('read', thrown));
    this.#sharedUntilMs = text === undefined ? 0 : Date.parse(this.#parse(text).blocked_until);
  }

  remainingMs(): number {
    const ownMs = this.#ownUntilMs - this.#clock.monotonicMs();
    // A wall clock that was set must not make a block longer than any is.
    const sharedMs = Math.min(maxBlockMs, this.#sharedUntilMs - this.#wallMs());
    return Math.max(0, ownMs, sharedMs);
  }

  /**
   * A block of so long begins now. Holds for this process at once, for others when this resolves. Throws
   * OperationalError where they cannot be told.
   */
  async begin(forMs: number, reason: string): Promise<void> {
    this.#ownUntilMs = Math.max(this.#ownUntilMs, this.#clock.monotonicMs() + forMs);
    await this.refresh();
    const untilMs = Math.ceil(this.#wallMs() + forMs);
    if (untilMs <= this.#sharedUntilMs) return;
    this.#sharedUntilMs = untilMs;
    const state = { blocked_until: new Date(untilMs).toISOString(), reason };
    await writeFileDurably(this.#path, `${JSON.stringify(state)}\n`).catch((thrown) =>
      this.#fail('write', thrown),
    );
  }

  /** What the disk refuses: no bug, and no reason for a collector to end. */
  #fail(verb: 'read' | 'write', thrown: unknown): never {
    throw new OperationalError(`${verb} REST state ${this.#path}: ${formatReason(thrown)}`, {
      hint: 'free space below the root, and let the user of this process read and write there',
      retryable: true,
      cause: thrown,
    });
  }

  #wallMs(): number {
    return this.#clock.nowUs() / 1000;
  }

  #parse(text: string): z.infer<typeof stateSchema> {
    try {
      return stateSchema.parse(JSON.parse(text));
    } catch (thrown) {
      throw new OperationalError(`read REST state ${this.#path}: ${formatReason(thrown)}`, {
        hint: 'delete the file, once the exchange answers again from this address',
        cause: thrown,
      });
    }
  }
}
