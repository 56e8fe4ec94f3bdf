// Everything between the receive path and the disk: one recorder per symbol, the memory they share,
// and the gate that stops the reading when the disk does not keep up. Driven by ticks.

import { setTimeout as waitFor } from 'node:timers/promises';
import type { VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';
import { ChunkPool } from './chunk-pool.ts';
import { DiskRetry, type DiskTrouble } from './disk-retry.ts';
import { formatInstrument, GapState } from './gap-state.ts';
import { readLeftBehind } from './left-behind.ts';
import type { OpenPartFile } from './part-file.ts';
import { type GateLimits, isGateClosed, planGateLimits } from './read-gate.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { planFirstRotationMs, planRotationLimits } from './rotation.ts';
import { Turnstile } from './turnstile.ts';

/** Parts sealed at once. */
const sealsAtOnce = 16;
/** After so long, finishing no longer tries failing operations again, and then waits no longer. */
const abandonAfterMs = 3000;
const giveUpAfterMs = 30_000;

export type StoreOptions = {
  config: Pick<Config, 'root' | 'collector'>;
  log: Log;
  clock: Clock;
  random: () => number;
  openFile: OpenPartFile;
  /** Called when reading must stop (true) and when it may go on (false). */
  onGate: (isClosed: boolean) => void;
};

export class Store {
  readonly recorders: readonly Recorder[];
  /** Since when reading is held back; undefined while it is not. */
  closedSinceMs: number | undefined;
  readonly #options: StoreOptions;
  readonly #retry: DiskRetry;
  readonly #pool = new ChunkPool(() => this.#updateGate());
  readonly #limits: GateLimits;
  readonly #gapState: GapState;
  #unsealed = 0;

  constructor(plans: readonly VenuePlan[], options: StoreOptions) {
    const { log, random, clock } = options;
    this.#options = options;
    this.#retry = new DiskRetry({
      log,
      random,
      nowMs: () => clock.monotonicMs(),
      wait: (ms, signal) => waitFor(ms, undefined, { signal }),
    });
    this.#gapState = new GapState(options.config.root, log);
    this.recorders = this.#openRecorders(plans);
    this.#limits = planGateLimits(this.recorders.length);
  }

  get troubles(): Iterable<DiskTrouble> {
    return this.#retry.troubles;
  }

  /** The recorder of a symbol that is in the plan. */
  findRecorder(exchange: string, symbol: string): Recorder | undefined {
    return this.recorders.find(
      ({ instrument }) => instrument.exchange === exchange && instrument.symbol === symbol,
    );
  }

  /** Takes up what an earlier run has left. */
  async restore(): Promise<void> {
    const { config, clock } = this.#options;
    const instruments = this.recorders.map(({ instrument }) => instrument);
    const left = await readLeftBehind(config.root, instruments, this.#gapState, clock.nowUs());
    for (const recorder of this.recorders) {
      const { last, gaps } = left.get(formatInstrument(recorder.instrument))!;
      recorder.restore(last, gaps);
    }
  }

  /** Starts to write what was received since the last flush, and what is missing. */
  flush(): void {
    for (const recorder of this.recorders) recorder.flush();
    this.#gapState.save(this.recorders);
  }

  /** Ends the parts whose time is up; none while reading is held back, so that they don't pile up. */
  rotateWhenDue(nowMs: number): void {
    if (this.closedSinceMs !== undefined) return;
    for (const recorder of this.recorders) recorder.rotateWhenDue(nowMs);
  }

  /** Seals everything. Throws OperationalError where parts had to be left as they are. */
  async finish(): Promise<void> {
    const abandon = setTimeout(() => this.#retry.abandon(), abandonAfterMs);
    const stop = new AbortController();
    const giveUp = waitFor(giveUpAfterMs, undefined, { signal: stop.signal }).then(() => {
      throw new OperationalError(`seal parts: not done after ${giveUpAfterMs} ms`, {
        hint: 'check the disk; what reached it is sealed at the next start',
      });
    });
    try {
      const finished = Promise.all(this.recorders.map((recorder) => recorder.finish()));
      await Promise.race([finished, giveUp]);
      await this.#gapState.finish(this.recorders);
    } finally {
      clearTimeout(abandon);
      stop.abort();
    }
  }

  #openRecorders(plans: readonly VenuePlan[]): Recorder[] {
    const { config, clock, openFile } = this.#options;
    const limits = planRotationLimits(config.collector);
    const options: RecorderOptions = {
      root: config.root,
      clock,
      pool: this.#pool,
      limits,
      compression: config.collector.compress,
      openFile,
      run: (what, action) => this.#retry.run(what, action),
      sealing: new Turnstile(sealsAtOnce),
      onUnsealed: (change) => {
        this.#unsealed += change;
        this.#updateGate();
      },
    };
    const symbols = plans.flatMap(({ exchange, streams }) =>
      [...Map.groupBy(streams, (stream) => stream.symbol)].map(([symbol, own]) => ({
        instrument: { exchange: exchange.name, symbol },
        names: own.map((stream) => stream.name),
        trades: {
          name: own.find(({ channel }) => channel === exchange.tradeChannel)?.name,
          isContiguous: exchange.hasContiguousTradeIds,
        },
      })),
    );
    const nowMs = clock.monotonicMs();
    return symbols.map(({ instrument, names, trades }, index) => {
      const dueMs = planFirstRotationMs(nowMs, limits.everyMs, index, symbols.length);
      return new Recorder(options, instrument, names, dueMs, trades);
    });
  }

  #updateGate(): void {
    const wasClosed = this.closedSinceMs !== undefined;
    const waitingBytes = this.#pool.takenBytes;
    const isClosed = isGateClosed(wasClosed, waitingBytes, this.#unsealed, this.#limits);
    if (isClosed === wasClosed) return;
    const { log, clock, onGate } = this.#options;
    const fields = { waitingBytes, unsealedParts: this.#unsealed };
    this.closedSinceMs = isClosed ? clock.monotonicMs() : undefined;
    if (isClosed) log.warn('pause reading: the disk does not keep up', fields);
    else log.info('resume reading: the disk has caught up', fields);
    // The gate may close while a line is being appended; no other line may come between.
    queueMicrotask(() => onGate(isClosed));
  }
}
