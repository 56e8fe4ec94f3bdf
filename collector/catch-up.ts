// What the collector asks one venue over REST: the trades that are missing, the last trade of a stream
// that says nothing, the time. All of it shares one client and its share of the exchange's limit. Driven by
// ticks; the receive path knows nothing of it.

import type { VenuePlan } from '../exchanges/plan.ts';
import { openRestClient, type RestClient } from '../exchanges/rest-client.ts';
import type { Clock } from '../lake/clock.ts';
import type { Config } from '../lake/config.ts';
import type { Log } from '../lake/log.ts';
import type { FillStatus } from '../lake/status.ts';
import { ClockWatch } from './clock-watch.ts';
import type { RestSide } from './connect-pacing.ts';
import { Filler } from './filler.ts';
import { countIds } from './id-ranges.ts';
import type { Recorder } from './recorder.ts';
import { type ProbeVerdict, type RefusedSymbol, TradeProbe } from './trade-probe.ts';

export type CatchUpOptions = {
  config: Pick<Config, 'root' | 'fill'>;
  plan: Pick<VenuePlan, 'exchange' | 'restUrl'>;
  /** The venue's symbols as they are now. */
  listRecorders: () => readonly Recorder[];
  clock: Clock;
  log: Log;
  random: () => number;
};

/** Of the share of the exchange's limit that the lake may use; the rest is the tools'. */
const collectorShare = 5 / 8;

export class CatchUp {
  readonly exchange: string;
  readonly #options: CatchUpOptions;
  readonly #client: RestClient;
  readonly #filler: Filler;
  readonly #probe: TradeProbe;
  readonly #clockWatch: ClockWatch;

  constructor(options: CatchUpOptions) {
    const { config, plan } = options;
    this.exchange = plan.exchange.name;
    this.#options = options;
    this.#client = openRestClient({
      ...options,
      exchange: plan.exchange.name,
      rest: plan.exchange.rest,
      restUrl: plan.restUrl,
      share: (config.fill.rest_weight_percent / 100) * collectorShare,
      root: config.root,
    });
    const parts = { ...options, exchange: plan.exchange, client: this.#client };
    this.#filler = new Filler(parts);
    this.#probe = new TradeProbe(parts);
    this.#clockWatch = new ClockWatch(parts);
  }

  tick(nowMs: number): void {
    for (const { trades } of this.#options.listRecorders()) trades.tick();
    this.#clockWatch.tick(nowMs);
    this.#probe.tick(nowMs);
    this.#filler.tick(nowMs);
  }

  /** Whether trades of the symbol have been published that no stream delivers. */
  async probe(symbol: string): Promise<ProbeVerdict> {
    const recorder = this.#options
      .listRecorders()
      .find(({ instrument }) => instrument.symbol === symbol);
    return recorder === undefined ? 'unknown' : this.#probe.probe(recorder);
  }

  /** For connections, which are refused by address as requests are. */
  get restSide(): RestSide {
    return {
      findBlockMs: () => this.#client.status().blockedForMs,
      block: (forMs, status) =>
        void this.#client.block(forMs, `status ${status} on a WebSocket upgrade`),
    };
  }

  /** The symbols the exchange does not know. */
  get refusedSymbols(): ReadonlyMap<string, RefusedSymbol> {
    return this.#probe.refused;
  }

  /** Local clock against the exchange's, ms; undefined where it was not measured lately. */
  findClockOffsetMs(nowMs: number): number | undefined {
    const offset = this.#clockWatch.findOffset(nowMs);
    return offset === undefined ? undefined : Math.round(offset.offsetUs) / 1000;
  }

  status(): FillStatus {
    const gaps = this.#options.listRecorders().flatMap(({ trades }) => trades.gaps);
    const { filledTrades, absentTrades } = this.#filler.totals;
    const { weightUsed, weightAllowed, blockedForMs } = this.#client.status();
    return {
      exchange: this.exchange,
      gaps: gaps.length,
      trades_missing: countIds(gaps),
      trades_filled: filledTrades,
      trades_not_found: absentTrades,
      weight_used: weightUsed,
      weight_allowed: weightAllowed,
      blocked_seconds: Math.ceil(blockedForMs / 1000),
    };
  }

  /** Resolves when nothing is under way any more: nothing is appended after. */
  async stop(): Promise<void> {
    await Promise.all([this.#filler.stop(), this.#probe.stop(), this.#clockWatch.stop()]);
  }
}

/** The offset of the first venue that has one. */
export function findClockOffsetMs(catchUps: readonly CatchUp[], nowMs: number): number | undefined {
  for (const catchUp of catchUps) {
    const offsetMs = catchUp.findClockOffsetMs(nowMs);
    if (offsetMs !== undefined) return offsetMs;
  }
  return undefined;
}
