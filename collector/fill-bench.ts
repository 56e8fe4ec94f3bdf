// A venue for tests of filling: recorders of a lake on disk, a REST interface that answers from a plain
// list of trade ids, and a clock that a test moves.

import { binance } from '../exchanges/binance/binance.ts';
import type { RestRequest } from '../exchanges/rest.ts';
import type { RestAnswer } from '../exchanges/rest-client.ts';
import { RestError } from '../exchanges/rest-error.ts';
import { silentLog } from '../lake/log.ts';
import { ChunkPool } from './chunk-pool.ts';
import { FakeClock } from './fake-clock.ts';
import { type OpenPartFile, openPartFile } from './part-file.ts';
import { Recorder } from './recorder.ts';
import { planRotationLimits } from './rotation.ts';
import { Turnstile } from './turnstile.ts';

/** Trades of each aggregate: every fourth holds two. */
function isPaired(id: number): boolean {
  return id % 4 === 0;
}

export class FillBench {
  readonly clock = new FakeClock();
  readonly recorders: Recorder[] = [];
  readonly requests: string[] = [];
  /** The newest trade of every symbol, and the oldest handed out. */
  newestId = 10_000;
  oldestId = 1;
  /** Ids the exchange has never given. */
  readonly unused = new Set<number>();
  /** What the next requests fail with. */
  readonly failures: RestError[] = [];
  lacksHistory = false;
  /** The exchange's clock against ours. */
  offsetUs = 0;
  roundTripUs = 1000;
  /** Where parts are written. */
  openFile: OpenPartFile = openPartFile;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  get options() {
    return {
      exchange: binance,
      client: this,
      listRecorders: () => this.recorders,
      clock: this.clock,
      log: silentLog,
    };
  }

  openRecorder(symbol: string): Recorder {
    const limits = { rotate_seconds: 60, rotate_max_megabytes: 64, rotate_max_messages: 0 };
    const options = {
      root: this.#root,
      clock: this.clock,
      pool: new ChunkPool(() => {}),
      limits: planRotationLimits(limits),
      compression: 'none',
      openFile: this.openFile,
      run: <T>(_what: string, action: () => Promise<T>) => action(),
      sealing: new Turnstile(4),
      keepGaps: async () => {},
      onUnsealed: () => {},
    } as const;
    const instrument = { exchange: 'binance', symbol };
    const stream = `${symbol.toLowerCase()}@trade`;
    const trades = { name: stream, isContiguous: true };
    const recorder = new Recorder(options, instrument, [stream], 60_000, trades);
    this.recorders.push(recorder);
    return recorder;
  }

  async finish(): Promise<void> {
    await Promise.all(this.recorders.map((recorder) => recorder.finish()));
  }

  async get({ path }: RestRequest): Promise<RestAnswer> {
    this.requests.push(path);
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
    const sentUs = this.clock.nowUs();
    const body = Buffer.from(JSON.stringify(this.#answer(new URL(path, 'http://x')), null, 1));
    return { body, sentUs, receivedUs: sentUs + this.roundTripUs };
  }

  #answer({ pathname, searchParams }: URL): unknown {
    const number = (name: string) => Number(searchParams.get(name));
    const name = pathname.split('/').at(-1);
    if (name === 'time') {
      return { serverTime: this.clock.nowUs() + this.offsetUs + this.roundTripUs / 2 };
    }
    const limit = number('limit');
    if (name === 'trades') return this.#list(this.newestId - limit + 1, limit).map(formatTrade);
    if (name === 'historicalTrades') {
      if (this.lacksHistory)
        throw new RestError('get x: status 404', { status: 404, retryable: false });
      return this.#list(number('fromId'), limit).map(formatTrade);
    }
    const pairs = this.#list(this.oldestId, Number.POSITIVE_INFINITY).filter(
      (id) => !isPaired(id - 1),
    );
    const aggregates = pairs.map((id) => ({
      ...formatAggregate(id),
      l: isPaired(id) ? Math.min(id + 1, this.newestId) : id,
    }));
    if (!searchParams.has('startTime')) return aggregates.slice(-limit);
    return aggregates
      .filter(({ T }) => T >= number('startTime') && T <= number('endTime'))
      .slice(0, limit);
  }

  #list(fromId: number, limit: number): number[] {
    const ids: number[] = [];
    for (
      let id = Math.max(fromId, this.oldestId);
      id <= this.newestId && ids.length < limit;
      id++
    ) {
      if (!this.unused.has(id)) ids.push(id);
    }
    return ids;
  }
}

/** A disk that takes everything and keeps nothing. */
export const openNowhere: OpenPartFile = async () => ({
  write: async (chunks) => chunks.reduce((sum, { length }) => sum + length, 0),
  sync: async () => {},
  close: async () => {},
});

export const tradeTimeUs = (id: number) => Date.parse('2026-11-20T11:00:00Z') * 1000 + id * 10_000;

function formatTrade(id: number) {
  const time = tradeTimeUs(id);
  return { id, price: '1.5', qty: '2', quoteQty: '3', time, isBuyerMaker: true, isBestMatch: true };
}

function formatAggregate(id: number) {
  return { a: id, p: '1.5', q: '2', f: id, l: id, T: tradeTimeUs(id), m: true, M: true };
}
