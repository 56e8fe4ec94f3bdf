// Rates and latencies per symbol over windows of a minute: logged when a window ends, and kept for the
// status until the next one has ended. Before the first window has ended, the running one is shown. Totals
// since the process began are kept beside them, for metrics.

import type { Log } from '../lake/log.ts';
import type { CollectStatus, SymbolStatus } from '../lake/status.ts';
import { GapAges } from './gap-ages.ts';
import { type Latency, LatencyWindow } from './latency.ts';
import { LatencyHistogram } from './latency-histogram.ts';
import type { Recorder } from './recorder.ts';
import type { SymbolTotals } from './totals.ts';

const windowMs = 60_000;

type Figures = { messagesPerSecond: number; latency: Latency | undefined };
export type ReportSource = {
  /** The symbols that are collected at the time. */
  readonly recorders: readonly Recorder[];
  /** Since the process began. */
  sumTotals(recorder: Recorder): SymbolTotals;
};
type Window = { symbols: Map<Recorder, Figures>; clockOffsetMs: number | null };

export class Reports {
  readonly #source: ReportSource;
  readonly #log: Log;
  readonly #framesBefore = new WeakMap<Recorder, number>();
  #startedMs: number;
  readonly #gapAges = new GapAges();
  /** By exchange. */
  readonly #latencies = new Map<string, LatencyHistogram>();
  #last: Window | undefined;

  constructor(source: ReportSource, log: Log, nowMs: number) {
    this.#source = source;
    this.#log = log;
    this.#startedMs = nowMs;
  }

  /** Ends the window when its time is up. */
  tick(nowMs: number): void {
    this.#gapAges.tick(this.#source.recorders, nowMs);
    if (nowMs - this.#startedMs < windowMs) return;
    this.#last = this.#measure(nowMs);
    this.#startedMs = nowMs;
    for (const [recorder, measured] of this.#last.symbols) {
      const { exchange, symbol } = recorder.instrument;
      const figures = formatFigures(measured);
      this.#log.info(`measure symbol ${exchange}/${symbol}`, figures);
      this.#framesBefore.set(recorder, recorder.totals.messages);
      this.#findLatencies(exchange).add(recorder.latency);
      recorder.latency.clear();
    }
  }

  /**
   * The figures for the status. `nowUs` is the wall clock, `nowMs` the monotonic one; `offsetMs` is the
   * clock offset where it was measured, which is better than what latencies say of it.
   */
  format(
    nowUs: number,
    nowMs: number,
    offsetMs: number | undefined,
  ): Pick<CollectStatus, 'symbols' | 'latencies' | 'clock_offset_ms'> {
    const window = this.#last ?? this.#measure(nowMs);
    const none = { messagesPerSecond: 0, latency: undefined };
    for (const { instrument } of this.#source.recorders) this.#findLatencies(instrument.exchange);
    const latencies = [...this.#latencies].map(([exchange, histogram]) => ({
      exchange,
      ...histogram.read(),
    }));
    const symbols = this.#source.recorders.map(
      (recorder): SymbolStatus => ({
        ...recorder.instrument,
        last_trade_age: findAgeSeconds(recorder.lastTradeUs, nowUs),
        ...this.#gapAges.describe(recorder, nowMs),
        ...formatFigures(window.symbols.get(recorder) ?? none),
        totals: formatTotals(this.#source.sumTotals(recorder)),
      }),
    );
    return { symbols, latencies, clock_offset_ms: offsetMs ?? window.clockOffsetMs };
  }

  #findLatencies(exchange: string): LatencyHistogram {
    const histogram = this.#latencies.get(exchange) ?? new LatencyHistogram();
    this.#latencies.set(exchange, histogram);
    return histogram;
  }

  #measure(nowMs: number): Window {
    const seconds = Math.max(1, nowMs - this.#startedMs) / 1000;
    const all = new LatencyWindow();
    const symbols = new Map<Recorder, Figures>();
    for (const recorder of this.#source.recorders) {
      all.merge(recorder.latency);
      const frames = recorder.totals.messages - (this.#framesBefore.get(recorder) ?? 0);
      symbols.set(recorder, {
        messagesPerSecond: frames / seconds,
        latency: recorder.latency.measure(),
      });
    }
    const p50Us = all.measure()?.p50Us;
    return { symbols, clockOffsetMs: p50Us === undefined ? null : toMs(-p50Us) };
  }
}

function formatTotals(totals: SymbolTotals): SymbolStatus['totals'] {
  return {
    messages: totals.messages,
    bytes: totals.bytes,
    parts_sealed: totals.partsSealed,
    gaps_found: totals.gapsFound,
    trades_missed: totals.tradesMissed,
    trades_filled: totals.tradesFilled,
  };
}

function formatFigures({ messagesPerSecond, latency }: Figures) {
  return {
    messages_per_second: Math.round(messagesPerSecond * 100) / 100,
    latency_p50_ms: latency === undefined ? null : toMs(latency.p50Us),
    latency_p95_ms: latency === undefined ? null : toMs(latency.p95Us),
    latency_max_ms: latency === undefined ? null : toMs(latency.maxUs),
  };
}

/** Null before the first trade. */
function findAgeSeconds(lastTradeUs: number, nowUs: number): number | null {
  return lastTradeUs === 0 ? null : Math.round((nowUs - lastTradeUs) / 1000) / 1000;
}

function toMs(us: number): number {
  return Math.round(us) / 1000;
}
