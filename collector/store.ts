// Everything between the receive path and the disk: one recorder per symbol, the memory they share,
// and the gate that stops the reading when the disk does not keep up. Driven by ticks.

import { setTimeout as waitFor } from 'node:timers/promises';
import type { VenuePlan } from '../exchanges/plan.ts';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Instrument } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { ChunkPool } from './chunk-pool.ts';
import { DiskRetry, type DiskTrouble } from './disk-retry.ts';
import { formatInstrument, GapState } from './gap-state.ts';
import { readLeftBehind } from './left-behind.ts';
import type { OpenPartFile } from './part-file.ts';
import { type GateLimits, isGateClosed, planGateLimits } from './read-gate.ts';
import { Recorder, type RecorderOptions } from './recorder.ts';
import { planFirstRotationMs, planRotationLimits } from './rotation.ts';
import { PastTotals, type SymbolTotals } from './totals.ts';
import type { TradeStream } from './trade-watch.ts';
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
  recorders: readonly Recorder[] = [];
  /** Since when reading is held back; undefined while it is not. */
  closedSinceMs: number | undefined;
  readonly #options: StoreOptions;
  readonly #retry: DiskRetry;
  readonly #pool = new ChunkPool(() => this.#updateGate());
  readonly #sealing = new Turnstile(sealsAtOnce);
  readonly #gapState: GapState;
  #limits: GateLimits;
  /** Recorders of symbols that are no longer collected, until their parts are sealed. */
  readonly #retiring = new Map<Recorder, Promise<void>>();
  readonly #past = new PastTotals();
  #unsealed = 0;

  constructor(options: StoreOptions) {
    const { log, random, clock } = options;
    this.#options = options;
    this.#retry = new DiskRetry({
      log,
      random,
      nowMs: () => clock.monotonicMs(),
      wait: (ms, signal) => waitFor(ms, undefined, { signal }),
    });
    this.#gapState = new GapState(options.config.root, log);
    this.#limits = planGateLimits(0);
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

  /** Opens a recorder for every planned symbol that has none, and takes up what was left of it. */
  async add(plans: readonly VenuePlan[]): Promise<void> {
    const { config, clock, log } = this.#options;
    const opened: Recorder[] = [];
    const symbols = listSymbols(plans);
    for (const [index, symbol] of symbols.entries()) {
      const { exchange } = symbol.instrument;
      const known = this.findRecorder(exchange, symbol.instrument.symbol);
      if (known === undefined) opened.push(this.#openRecorder(symbol, index, symbols.length));
      else known.addStreams(symbol.names, symbol.trades.name);
    }
    await Promise.all(this.#retiring.values());
    const instruments = opened.map(({ instrument }) => instrument);
    const { root } = config;
    const left = await readLeftBehind(root, instruments, this.#gapState, clock.nowUs(), log);
    for (const recorder of opened) {
      const { last, gaps } = left.get(formatInstrument(recorder.instrument))!;
      recorder.restore(last, gaps);
    }
    this.recorders = [...this.recorders, ...opened];
    this.#limits = planGateLimits(this.recorders.length);
  }

  /** Seals what was recorded of symbols that are no longer collected, as `isWanted` says. */
  retire(isWanted: (recorder: Recorder) => boolean): void {
    const unwanted = this.recorders.filter((recorder) => !isWanted(recorder));
    if (unwanted.length === 0) return;
    for (const recorder of unwanted) {
      const sealed = recorder.finish().finally(() => {
        this.#past.addSymbol(recorder.instrument, recorder.totals);
        this.#retiring.delete(recorder);
      });
      this.#retiring.set(recorder, sealed);
    }
    this.recorders = this.recorders.filter((recorder) => !unwanted.includes(recorder));
  }

  /** Since the process began, whether or not it was collected all the time. */
  sumTotals({ instrument, totals }: Recorder): SymbolTotals {
    return this.#past.sumSymbol(instrument, totals);
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
      const all = [...this.recorders.map((one) => one.finish()), ...this.#retiring.values()];
      const finished = Promise.all(all);
      await Promise.race([finished, giveUp]);
      await this.#gapState.finish(this.recorders);
    } finally {
      clearTimeout(abandon);
      stop.abort();
    }
  }

  #openRecorder({ instrument, names, trades }: SymbolPlan, index: number, count: number): Recorder {
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
      sealing: this.#sealing,
      keepGaps: () => this.#gapState.finish(this.recorders),
      onUnsealed: (change) => {
        this.#unsealed += change;
        this.#updateGate();
      },
    };
    const dueMs = planFirstRotationMs(clock.monotonicMs(), limits.everyMs, index, count);
    return new Recorder(options, instrument, names, dueMs, trades);
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

type SymbolPlan = { instrument: Instrument; names: string[]; trades: TradeStream };

function listSymbols(plans: readonly VenuePlan[]): SymbolPlan[] {
  return plans.flatMap(({ exchange, streams }) =>
    [...Map.groupBy(streams, (stream) => stream.symbol)].map(([symbol, own]) => ({
      instrument: { exchange: exchange.name, symbol },
      names: own.map((stream) => stream.name),
      trades: {
        name: own.find(({ channel }) => channel === exchange.tradeChannel)?.name,
        isContiguous: exchange.hasContiguousTradeIds,
      },
    })),
  );
}
