// Asks the exchange for a symbol's last trade where its stream says nothing: after a subscription whose
// first trade does not come, or when a stream is suspected. If the exchange has published trades that no
// connection delivers in time, they are missing: a gap like any other. Asks seldom and never waits in line.

import type { Exchange } from '../exchanges/exchange.ts';
import type { RestClient } from '../exchanges/rest-client.ts';
import { RestError } from '../exchanges/rest-error.ts';
import type { Clock } from '../lake/clock.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Recorder } from './recorder.ts';

/** `unknown`: not asked, because too much is being asked already, or not answered. */
export type ProbeVerdict = 'missing' | 'quiet' | 'unknown';

export type TradeProbeOptions = {
  exchange: Exchange;
  client: Pick<RestClient, 'get'>;
  listRecorders: () => readonly Recorder[];
  clock: Clock;
};

/** A first trade that has not come after so long is asked for. */
const firstTradeAfterMs = 5000;
/** Probes of all symbols are so far apart, and so many are under way at once. */
const everyMs = 200;
const maxUnderWay = 4;
/** A symbol is asked for again after so long, and after twice as long each time it was quiet. */
const again = { firstMs: 10_000, maxMs: 300_000 };
/** A stream may be behind REST by so much. */
const graceMs = 2000;

/** A symbol the exchange refuses to speak of, since when. */
export type RefusedSymbol = { sinceMs: number };

const badRequestStatus = 400;

type Pending = { id: number; dueMs: number; resolve: (verdict: ProbeVerdict) => void };

/** What was last found out: quiet so many times in a row, or missing up to an id; asked again from when. */
type Last = { quiet: number; missingId: number | undefined; fromMs: number };

export class TradeProbe {
  readonly #options: TradeProbeOptions;
  readonly #stop = new AbortController();
  readonly #underWay = new Map<Recorder, Promise<ProbeVerdict>>();
  /** Answers that a stream may still catch up with. */
  readonly #pending = new Map<Recorder, Pending>();
  readonly #next = new WeakMap<Recorder, Last>();
  readonly #refused = new Map<string, RefusedSymbol>();
  #nextMs = 0;

  constructor(options: TradeProbeOptions) {
    this.#options = options;
  }

  /** The symbols the exchange has refused when last asked, among those there are now. */
  get refused(): ReadonlyMap<string, RefusedSymbol> {
    const symbols = new Set(this.#options.listRecorders().map((one) => one.instrument.symbol));
    return new Map([...this.#refused].filter(([symbol]) => symbols.has(symbol)));
  }

  /** Whether trades of the symbol have been published that no stream delivers. */
  async probe(recorder: Recorder): Promise<ProbeVerdict> {
    const running = this.#underWay.get(recorder);
    if (running !== undefined) return running;
    const nowMs = this.#options.clock.monotonicMs();
    const last = this.#next.get(recorder);
    if (last?.missingId !== undefined && nowMs < last.fromMs) {
      // What is new would have moved the newest id on.
      return recorder.trades.newestId === last.missingId ? 'missing' : 'unknown';
    }
    if (!this.#isFree(nowMs) || nowMs < (last?.fromMs ?? 0)) return 'unknown';
    this.#nextMs = nowMs + everyMs;
    const probing = this.#ask(recorder).finally(() => this.#underWay.delete(recorder));
    this.#underWay.set(recorder, probing);
    return probing;
  }

  /** Asks for first trades that don't come, and judges answers whose time is up. */
  tick(nowMs: number): void {
    const recorders = this.#options.listRecorders();
    for (const [recorder, { id, dueMs, resolve }] of this.#pending) {
      const hasCome = recorder.trades.newestId >= id;
      if (!hasCome && nowMs < dueMs) continue;
      this.#pending.delete(recorder);
      // Nothing may be appended to what has been retired meanwhile.
      if (!recorders.includes(recorder)) {
        resolve('unknown');
        continue;
      }
      if (!hasCome) recorder.trades.advance(id, 'rest', this.#options.clock.nowUs());
      resolve(hasCome ? 'quiet' : 'missing');
    }
    if (!this.#isFree(nowMs)) return;
    for (const recorder of recorders) {
      if (!recorder.trades.isAwaited(nowMs - firstTradeAfterMs)) continue;
      if (nowMs < (this.#next.get(recorder)?.fromMs ?? 0)) continue;
      void this.probe(recorder);
      return;
    }
  }

  /** Resolves when nothing is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { resolve } of this.#pending.values()) resolve('unknown');
    this.#pending.clear();
    await Promise.all(this.#underWay.values());
  }

  #isFree(nowMs: number): boolean {
    return nowMs >= this.#nextMs && this.#underWay.size < maxUnderWay && !this.#stop.signal.aborted;
  }

  async #ask(recorder: Recorder): Promise<ProbeVerdict> {
    const lanes = [...recorder.trades.lanes];
    const verdict = await this.#compare(recorder);
    if (verdict !== 'unknown') for (const lane of lanes) lane.isProbed = true;
    const quiet = verdict === 'quiet' ? (this.#next.get(recorder)?.quiet ?? 0) + 1 : 0;
    const waitMs = Math.min(again.maxMs, again.firstMs * 2 ** Math.max(0, quiet - 1));
    const missingId = verdict === 'missing' ? recorder.trades.newestId : undefined;
    const fromMs = this.#options.clock.monotonicMs() + waitMs;
    this.#next.set(recorder, { quiet, missingId, fromMs });
    return verdict;
  }

  async #compare(recorder: Recorder): Promise<ProbeVerdict> {
    const newestId = await this.#findNewestId(recorder.instrument.symbol);
    if (newestId === undefined) return 'unknown';
    const { trades } = recorder;
    if (trades.newestId >= newestId) return 'quiet';
    if (trades.newestId < 0) {
      // Nothing is known of before. The next answer can be compared with this one.
      trades.advance(newestId, 'rest', this.#options.clock.nowUs());
      return 'unknown';
    }
    const dueMs = this.#options.clock.monotonicMs() + graceMs;
    return new Promise((resolve) => {
      this.#pending.set(recorder, { id: newestId, dueMs, resolve });
    });
  }

  /** Undefined where the exchange has none, refuses the symbol, or did not answer: a fill says why. */
  async #findNewestId(symbol: string): Promise<number | undefined> {
    const { exchange, client } = this.#options;
    const { signal } = this.#stop;
    try {
      const { body } = await client.get(exchange.rest.formatLatestAggregates(symbol, 1), signal);
      this.#refused.delete(symbol);
      return signal.aborted ? undefined : exchange.rest.parseAggregates(body).at(-1)?.lastId;
    } catch (thrown) {
      if (!(signal.aborted || thrown instanceof OperationalError)) throw thrown;
      const isRefused = thrown instanceof RestError && thrown.status === badRequestStatus;
      if (isRefused && !this.#refused.has(symbol)) {
        this.#refused.set(symbol, { sinceMs: this.#options.clock.monotonicMs() });
      }
      return undefined;
    }
  }
}
