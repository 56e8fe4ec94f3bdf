// Sends raw parts to one store in batches for as long as it runs. A store that is down is asked again, ever
// more slowly up to every few minutes; meanwhile parts wait on disk and here only counts are kept. Never
// ends because a store fails.

import type { Clock } from '../../lake/clock.ts';
import { formatDay } from '../../lake/day.ts';
import { OperationalError } from '../../lake/errors.ts';
import type { Log } from '../../lake/log.ts';
import {
  type BatchRules,
  type BatchState,
  isBatchDue,
  planRetryMs,
  planWaitMs,
} from './raw-batch.ts';
import type { RawFolders } from './raw-folders.ts';
import { sendUnit, type UnitContext } from './send-unit.ts';
import type { Target } from './target.ts';
import { formatUnit, type Unit } from './unit.ts';

export type FeedContext = {
  target: Target;
  folders: RawFolders;
  rules: BatchRules;
  sending: Omit<UnitContext, 'selects'>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  random(): number;
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
  /** A batch has ended, or nothing happened for a while. */
  onReport(isChanged: boolean): Promise<void>;
};

/** Raw manifests grow with every part; of a day that goes on they are sent so often. */
const manifestEveryMs = 3_600_000;

export class RawFeed {
  readonly #context: FeedContext;
  readonly #manifestSentMs = new Map<string, number>();
  /** The error of a folder that is set aside is told once. */
  readonly #told = new Map<string, string>();
  #lastBatchMs: number;
  #failures = 0;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  constructor(context: FeedContext) {
    this.#context = context;
    this.#lastBatchMs = context.clock.monotonicMs();
  }

  /** Resolves when `signal` is aborted. */
  async run(): Promise<void> {
    const { clock, folders, rules, signal, onReport } = this.#context;
    while (!signal.aborted) {
      await folders.look(clock.monotonicMs(), formatDay(clock.nowUs()));
      const isDue = isBatchDue(this.#describe(), rules, clock.monotonicMs());
      if (isDue) await this.#sendBatch();
      await onReport(isDue);
      const waitMs = planWaitMs(this.#describe(), rules, clock.monotonicMs());
      await this.#context.sleep(waitMs, signal).catch((thrown) => {
        if (!signal.aborted) throw thrown;
      });
    }
  }

  #describe(): BatchState {
    const waiting = this.#context.folders.listWaiting();
    const today = formatDay(this.#context.clock.nowUs());
    return {
      parts: waiting.reduce((sum, { parts }) => sum + parts, 0),
      messages: waiting.reduce((sum, { messages }) => sum + messages, 0),
      hasFinishedDay: waiting.some(({ unit }) => unit.day < today),
      lastBatchMs: this.#lastBatchMs,
      failures: this.#failures,
      retryAtMs: this.#retryAtMs,
    };
  }

  async #sendBatch(): Promise<void> {
    const { target, folders, clock, signal, log, random } = this.#context;
    target.resume();
    // Before the first part is read: a store that is down costs one question.
    if (this.#failures > 0) await target.check();
    for (const { unit } of folders.listWaiting()) {
      if (signal.aborted || target.ended !== undefined) break;
      await this.#sendFolder(unit);
    }
    if (signal.aborted) return;
    this.#lastBatchMs = clock.monotonicMs();
    if (target.ended === undefined) {
      if (this.#failures > 0) log.info(`upload-raw to ${target.store.url}: it goes on`);
      this.#failures = 0;
      target.lastBatchAt = new Date(clock.nowUs() / 1000).toISOString();
      return;
    }
    this.#failures++;
    this.#retryAtMs = planRetryMs(this.#failures, clock.monotonicMs(), random);
    // The health page says it for as long as it lasts.
    if (this.#failures === 1) log.error(`upload-raw to ${target.store.url}: ${target.ended}`);
  }

  async #sendFolder(unit: Unit): Promise<void> {
    const { target, folders, sending, clock, signal, log } = this.#context;
    const nowMs = clock.monotonicMs();
    const name = formatUnit(unit);
    const sentMs = this.#manifestSentMs.get(name) ?? Number.NEGATIVE_INFINITY;
    const isOver = unit.day < formatDay(clock.nowUs());
    const withManifest = isOver || nowMs - sentMs >= manifestEveryMs;
    try {
      const selects = (file: { isManifest: boolean }) => withManifest || !file.isManifest;
      const failures = await sendUnit({ ...sending, selects }, unit, [target]);
      if (target.ended === undefined && failures.size === 0) {
        if (withManifest && !isOver) this.#manifestSentMs.set(name, nowMs);
        if (isOver) this.#manifestSentMs.delete(name);
      }
      for (const error of failures.values()) if (target.ended === undefined) throw error;
      await folders.recount(unit);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!(thrown instanceof OperationalError)) throw thrown;
      if (this.#told.get(name) !== thrown.message) log.error(`upload ${name}: ${thrown.message}`);
      this.#told.set(name, thrown.message);
      await folders.recount(unit);
      folders.setAside(unit);
    }
  }
}
