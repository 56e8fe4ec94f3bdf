// Fills the gaps of one venue's symbols over REST: page by page, in the order of the fill queue. Answers go
// into the symbol's part as they came, followed by a `fill` line; what the exchange does not hand out gets
// one with no trades and the reason, and is left to `backfill`. A gap is closed by trades, or by the same
// refusal several times over; a host that is out of order closes none.

import type { Exchange } from '../exchanges/exchange.ts';
import type { RestRequest } from '../exchanges/rest.ts';
import type { RestAnswer, RestClient } from '../exchanges/rest-client.ts';
import { RestError } from '../exchanges/rest-error.ts';
import type { Clock } from '../lake/clock.ts';
import { OperationalError } from '../lake/errors.ts';
import type { Log } from '../lake/log.ts';
import { FillQueue, type FillTask } from './fill-queue.ts';
import { type FillStep, judgeAggregates, judgeLatest, judgeTrades } from './fill-step.ts';
import { countIds, type IdRange } from './id-ranges.ts';
import type { Recorder } from './recorder.ts';

export type FillerOptions = {
  exchange: Exchange;
  client: Pick<RestClient, 'get'>;
  /** The symbols of the venue as they are now. */
  listRecorders: () => readonly Recorder[];
  clock: Clock;
  log: Log;
};

export type FillTotals = { filledTrades: number; absentTrades: number };

/** Pages under way at once. */
const maxPages = 4;
/** The exchange's REST interface may be behind its streams, by seconds; after so many looks it is not. */
const maxLooks = 6;
/** Refusals by the exchange after which a gap is left to `backfill`. */
const maxRefusals = 6;
/** The same for a host that is out of order or behind: at one look per minute, a day. */
const maxUnusable = 1440;
/** Looks at a path that is not there, a second apart, after which the host does not have it; for so long. */
const maxAbsences = 2;
const lacksHistoryForMs = 10 * 60_000;
/** Aggregates are asked for by time: receive times are this far off at most. */
const marginUs = 15_000_000;
/** 50,000 aggregates: a larger gap is left to `backfill`, which has the archive. */
const maxAggregatePages = 50;
/** Beyond so many, only the count of trades in an answer says that it left some out. */
const maxAbsentLines = 20;
const warnEveryMs = 60_000;
const conn = 'rest';

export class Filler {
  readonly totals: FillTotals = { filledTrades: 0, absentTrades: 0 };
  readonly #options: FillerOptions;
  readonly #queue = new FillQueue<Recorder>();
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Until when the host is taken not to serve trades by id. */
  #lacksHistoryUntilMs = Number.NEGATIVE_INFINITY;
  #warnedMs = Number.NEGATIVE_INFINITY;

  constructor(options: FillerOptions) {
    this.#options = options;
  }

  /** Starts as many pages as may be under way. */
  tick(nowMs: number): void {
    while (this.#running.size < maxPages && !this.#stop.signal.aborted) {
      const task = this.#queue.take(this.#options.listRecorders(), nowMs);
      if (task === undefined) return;
      const page = this.#fill(task).finally(() => {
        this.#running.delete(page);
        this.#queue.finish(task.source);
      });
      this.#running.add(page);
    }
  }

  /** Resolves when nothing is under way any more. What is not filled stays a gap. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  async #fill(task: FillTask<Recorder>): Promise<void> {
    try {
      if (this.#lacksHistory()) await this.#fillFromLatest(task);
      else await this.#fillById(task);
    } catch (thrown) {
      if (this.#stop.signal.aborted) return;
      if (!(thrown instanceof OperationalError)) throw thrown;
      this.#takeFailure(task, thrown);
    }
  }

  async #fillById(task: FillTask<Recorder>): Promise<void> {
    const { source, gap } = task;
    const { rest } = this.#options.exchange;
    const limit = Math.min(rest.tradesPerRequest, gap.to - gap.from + 1);
    const { symbol } = source.instrument;
    const { body } = await this.#get(source, rest.formatTrades(symbol, gap.from, limit));
    const step = judgeTrades(gap, rest.parseTrades(body));
    if (step.covered === undefined) await this.#lookAgain(task);
    else if (this.#isBelieved(task, step)) this.#record(source, body, step);
  }

  /** Ids are given without a hole: an answer that passes over some is believed when it stays so. */
  #isBelieved(task: FillTask<Recorder>, { absent }: FillStep): boolean {
    if (absent.length === 0) return true;
    return this.#queue.delay(task, this.#options.clock.monotonicMs()) >= maxLooks;
  }

  #lacksHistory(): boolean {
    return this.#options.clock.monotonicMs() < this.#lacksHistoryUntilMs;
  }

  /** Without trades by id: the latest trades, then aggregates of the time of the gap. */
  async #fillFromLatest(task: FillTask<Recorder>): Promise<void> {
    const { source, gap } = task;
    const { rest } = this.#options.exchange;
    const request = rest.formatLatestTrades(source.instrument.symbol, rest.tradesPerRequest);
    const { body } = await this.#get(source, request);
    const marks = rest.parseTrades(body);
    const step = judgeLatest(gap, marks);
    if (step.covered !== undefined) this.#record(source, body, step);
    const [first, last] = [marks[0], marks.at(-1)];
    if (first === undefined || last!.id < gap.from) return this.#lookAgain(task);
    const before = { from: gap.from, to: Math.min(gap.to, first.id - 1) };
    if (before.from > before.to) return;
    await this.#fillFromAggregates(source, before);
    this.#giveUp(source, before, 'this host hands out no older trades one by one');
  }

  async #fillFromAggregates(source: Recorder, gap: IdRange): Promise<void> {
    const { rest } = this.#options.exchange;
    const around = source.idTimes.findAround(gap.from, gap.to);
    if (around === undefined) return;
    const toUs = around.toUs + marginUs;
    let fromUs = around.fromUs - marginUs;
    for (let page = 0; page < maxAggregatePages && fromUs <= toUs; page++) {
      const { symbol } = source.instrument;
      const request = rest.formatAggregates(symbol, fromUs, toUs, rest.tradesPerRequest);
      const { body } = await this.#get(source, request);
      const marks = rest.parseAggregates(body);
      const step = judgeAggregates(gap, marks);
      if (step.trades > 0) this.#record(source, body, step);
      const last = marks.at(-1);
      if (last === undefined || last.lastId >= gap.to || last.timeUs < fromUs) return;
      // Aggregates of the same time may go on: they come again.
      fromUs = Math.max(fromUs + 1, last.timeUs);
    }
  }

  /** The exchange has nothing from the gap on: not yet, no longer, or the ids never were. */
  async #lookAgain(task: FillTask<Recorder>): Promise<void> {
    const { source, gap } = task;
    const { exchange, clock } = this.#options;
    const looks = this.#queue.delay(task, clock.monotonicMs());
    if (looks < maxLooks) return;
    const { symbol } = source.instrument;
    const { body } = await this.#get(source, exchange.rest.formatLatestAggregates(symbol, 1));
    const newestId = exchange.rest.parseAggregates(body).at(-1)?.lastId ?? -1;
    const current = source.trades.gaps.find(({ to }) => to === gap.to);
    if (current === undefined) return;
    if (newestId >= current.from) {
      this.#giveUp(source, current, 'the exchange no longer hands them out');
      return;
    }
    // Where trades have followed on those after the gap, it is the host that is behind.
    if (source.trades.newestId > current.to + 1 && looks < maxUnusable) return;
    source.trades.refute(current);
    this.#noteFill(source, current, { trades: 0, reason: 'the exchange has no such trades' });
  }

  #record(source: Recorder, body: Buffer, { covered, trades, absent }: FillStep): void {
    const ids = covered!;
    const nowUs = this.#options.clock.nowUs();
    if (trades > 0) {
      source.appendAnswer(nowUs, conn, body);
      this.#noteFill(source, ids, { trades });
      this.#tellFill(source, ids, trades);
    }
    const reason = 'the exchange does not hand them out';
    for (const range of absent.slice(0, maxAbsentLines)) {
      this.#noteFill(source, range, { trades: 0, reason });
    }
    source.settle(ids);
    this.totals.filledTrades += trades;
    source.totals.tradesFilled += trades;
    this.totals.absentTrades += countIds(absent);
  }

  /** What of `ids` is still missing stays so. */
  #giveUp(source: Recorder, ids: IdRange, reason: string): void {
    this.#noteFill(source, ids, { trades: 0, reason });
    source.settle(ids);
    this.totals.absentTrades += countIds([ids]);
    const { exchange, symbol } = source.instrument;
    const fields = { fromId: ids.from, toId: ids.to, reason };
    this.#options.log.warn(`fill gap ${exchange}/${symbol}: left to backfill`, fields);
  }

  /** `seconds`: of the gap, as far as the times of the trades around it are known. */
  #tellFill({ instrument, idTimes }: Recorder, { from, to }: IdRange, trades: number): void {
    const { exchange, symbol } = instrument;
    const around = idTimes.findAround(from, to);
    const seconds = around && Math.ceil((around.toUs - around.fromUs) / 1e6);
    const fields = { fromId: from, toId: to, trades, seconds };
    this.#options.log.info(`fill gap ${exchange}/${symbol}: filled from REST`, fields);
  }

  #noteFill(source: Recorder, { from, to }: IdRange, more: { trades: number; reason?: string }) {
    const fields = { from_id: from, to_id: to, source: 'rest', ...more };
    source.appendControl(this.#options.clock.nowUs(), conn, 'fill', fields);
  }

  /** An answer, while the symbol is still recorded. */
  async #get(source: Recorder, request: RestRequest): Promise<RestAnswer> {
    const { client, listRecorders } = this.#options;
    const { signal } = this.#stop;
    const answer = await client.get(request, signal);
    signal.throwIfAborted();
    if (listRecorders().includes(source)) return answer;
    throw new OperationalError(`fill gap ${source.instrument.symbol}: it is no longer recorded`);
  }

  #takeFailure(task: FillTask<Recorder>, thrown: OperationalError): void {
    const { clock, log, listRecorders } = this.#options;
    if (!listRecorders().includes(task.source)) return;
    const nowMs = clock.monotonicMs();
    const attempts = this.#queue.delay(task, nowMs);
    const status = thrown instanceof RestError ? thrown.status : undefined;
    if (status === 404) this.#noteAbsence(attempts, nowMs);
    const bound = status === 400 ? maxRefusals : maxUnusable;
    if (!thrown.retryable && attempts >= bound) {
      this.#giveUp(task.source, task.gap, thrown.message.split('\n', 1)[0]!);
      return;
    }
    if (nowMs - this.#warnedMs < warnEveryMs) return;
    this.#warnedMs = nowMs;
    log.warn(`fill gap ${task.source.instrument.symbol}: ${thrown.message}; trying again`);
  }

  /** A path was not there: trades by id are not served, or, where the latest are not either, nothing is. */
  #noteAbsence(attempts: number, nowMs: number): void {
    const { exchange, log } = this.#options;
    if (this.#lacksHistory()) this.#lacksHistoryUntilMs = nowMs;
    else if (attempts >= maxAbsences) {
      this.#lacksHistoryUntilMs = nowMs + lacksHistoryForMs;
      const hint = `gaps are filled better from another exchanges.${exchange.name}.rest_url`;
      log.warn(`fill gaps ${exchange.name}: this host serves no trades by id`, { hint });
    }
  }
}
