import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RestError } from '../exchanges/rest-error.ts';
import { WeightGovernor } from '../exchanges/weight-governor.ts';
import { FillBench, openNowhere, tradeTimeUs } from './fill-bench.ts';
import { Filler } from './filler.ts';
import type { Recorder } from './recorder.ts';
import { parseLines, type RawLine, readParts } from './scripted-exchange.ts';

let root: string;
let bench: FillBench;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'filler-'));
  bench = new FillBench(root);
});
afterEach(async () => {
  if (bench.openFile !== openNowhere) await bench.finish();
  await rm(root, { recursive: true });
});

/** A symbol whose trades come on one connection. */
function open(symbol = 'BTCUSDT') {
  const recorder = bench.openRecorder(symbol);
  const lane = recorder.openLane('c1');
  const send = (...ids: number[]) => {
    for (const id of ids) {
      lane.note(id, bench.clock.nowUs());
      recorder.lastTradeUs = tradeTimeUs(id);
    }
  };
  return { recorder, send };
}

/** Lets the filler work for so many seconds, or until nothing is missing. */
async function run(filler: Filler, seconds = 300): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    filler.tick(bench.clock.monotonicMs());
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    if (bench.recorders.every(({ trades }) => trades.gaps.length === 0)) return;
    bench.clock.advance(1000);
  }
}

async function finish(recorder: Recorder): Promise<RawLine[]> {
  await recorder.finish();
  const parts = await readParts(root, recorder.instrument.symbol);
  return parts.flatMap(({ bytes }) => parseLines(bytes));
}

function listRows(lines: readonly RawLine[]): number[] {
  return lines.flatMap(({ conn, msg }) =>
    conn === 'rest' && Array.isArray(msg) ? (msg as { id: number }[]).map(({ id }) => id) : [],
  );
}

describe('a gap', () => {
  test('is filled with the rows it needs, page by page, each answer a line of the part', async () => {
    const { recorder, send } = open();
    send(100, 2601);
    await run(new Filler(bench.options));
    const lines = await finish(recorder);
    expect(listRows(lines)).toEqual(Array.from({ length: 2500 }, (_, i) => 101 + i));
    expect(bench.requests.map((path) => path.split('?')[1])).toEqual([
      'symbol=BTCUSDT&fromId=101&limit=1000',
      'symbol=BTCUSDT&fromId=1101&limit=1000',
      'symbol=BTCUSDT&fromId=2101&limit=500',
    ]);
    const events = lines.filter(({ event }) => event !== undefined);
    expect(events).toMatchObject([
      { event: 'gap', conn: 'c1', stream: 'btcusdt@trade', from_id: 101, to_id: 2600 },
      { event: 'fill', conn: 'rest', from_id: 101, to_id: 1100, trades: 1000, source: 'rest' },
      { event: 'fill', from_id: 1101, to_id: 2100, trades: 1000 },
      { event: 'fill', from_id: 2101, to_id: 2600, trades: 500 },
    ]);
  });

  test('stays on record until the part that holds its fill is sealed', async () => {
    const { recorder, send } = open();
    send(1, 4);
    await run(new Filler(bench.options));
    expect(recorder.trades.gaps).toEqual([]);
    expect(recorder.listUnsealedGaps()).toEqual([{ from: 2, to: 3 }]);
    await finish(recorder);
    expect(recorder.listUnsealedGaps()).toEqual([]);
  });

  test('of ids the exchange never gave is closed, and says how many trades came', async () => {
    bench.unused.add(3);
    const { recorder, send } = open();
    send(1, 6);
    const filler = new Filler(bench.options);
    await run(filler);
    const fills = (await finish(recorder)).filter(({ event }) => event === 'fill');
    const reason = 'the exchange does not hand them out';
    expect(fills).toMatchObject([
      { from_id: 2, to_id: 5, trades: 3 },
      { from_id: 3, to_id: 3, trades: 0, reason },
    ]);
    expect(filler.totals).toEqual({ filledTrades: 3, absentTrades: 1 });
  });

  test('the exchange does not know yet is asked for again until it does', async () => {
    bench.newestId = 100;
    const { send } = open();
    send(99, 103);
    const filler = new Filler(bench.options);
    await run(filler, 4);
    bench.newestId = 103;
    await run(filler);
    expect(filler.totals).toEqual({ filledTrades: 3, absentTrades: 0 });
  });

  test('made by a damaged id is refuted, and the watch sees again', async () => {
    bench.newestId = 110;
    const { recorder, send } = open();
    send(109, 110, 900_000);
    await run(new Filler(bench.options));
    expect(recorder.trades).toMatchObject({ newestId: 110, gaps: [] });
    send(111, 113);
    expect(recorder.trades.gaps).toEqual([{ from: 112, to: 112 }]);
    const fills = (await finish(recorder)).filter(({ event }) => event === 'fill');
    expect(fills).toMatchObject([
      { from_id: 111, to_id: 899_999, trades: 0, reason: 'the exchange has no such trades' },
    ]);
  });

  test('older than what REST hands out is left to backfill, and said so', async () => {
    bench.oldestId = 5000;
    const { recorder, send } = open();
    send(100, 4000);
    await run(new Filler(bench.options));
    const fills = (await finish(recorder)).filter(({ event }) => event === 'fill');
    const reason = 'the exchange does not hand them out';
    expect(fills).toMatchObject([{ from_id: 101, to_id: 3999, trades: 0, reason }]);
  });

  test('is not closed by one answer that leaves trades out, and nothing is taken from it', async () => {
    for (let id = 2; id <= 4; id++) bench.unused.add(id);
    const { recorder, send } = open();
    send(1, 5);
    const filler = new Filler(bench.options);
    await run(filler, 10);
    bench.unused.clear();
    await run(filler);
    expect(filler.totals).toEqual({ filledTrades: 3, absentTrades: 0 });
    expect(listRows(await finish(recorder))).toEqual([2, 3, 4]);
  });

  test('of trades that others followed is not refuted by a host that is behind', async () => {
    bench.newestId = 100;
    const { recorder, send } = open();
    send(100, 103, 104, 105);
    const filler = new Filler(bench.options);
    await run(filler, 600);
    expect(recorder.trades.gaps).toEqual([{ from: 101, to: 102 }]);
    bench.newestId = 110;
    await run(filler);
    expect(filler.totals).toEqual({ filledTrades: 2, absentTrades: 0 });
  });

  test('that came late after all costs no request', async () => {
    const { recorder, send } = open();
    send(1, 3, 2);
    await run(new Filler(bench.options), 2);
    expect(bench.requests).toEqual([]);
    expect(recorder.trades.gaps).toEqual([]);
  });
});

describe('a host without trades by id', () => {
  test('fills from the latest trades, and what is older from aggregates of one trade', async () => {
    bench.lacksHistory = true;
    bench.newestId = 4000;
    const { recorder, send } = open();
    send(2500, 4000);
    await run(new Filler(bench.options));
    const lines = await finish(recorder);
    expect(listRows(lines).filter(Number.isFinite).length).toBe(1000);
    const aggregates = lines.flatMap(({ msg }) =>
      Array.isArray(msg) ? (msg as { f?: number; l?: number }[]) : [],
    );
    const single = aggregates.filter(({ f, l }) => f !== undefined && f === l).map(({ f }) => f);
    const wanted = Array.from({ length: 500 }, (_, i) => 2501 + i).filter((id) => id % 4 > 1);
    expect(single).toEqual(expect.arrayContaining(wanted));
    expect(lines.at(-1)).toMatchObject({ event: 'fill', trades: 0, from_id: 2501, to_id: 3000 });
    expect(recorder.trades.gaps).toEqual([]);
  });
});

describe('a path that is not there', () => {
  const notThere = () => new RestError('get x: status 404', { status: 404, retryable: false });

  test('for a moment costs no trade that aggregates do not tell', async () => {
    bench.newestId = 4000;
    const { send } = open();
    send(100, 4000);
    bench.failures.push(notThere());
    const filler = new Filler(bench.options);
    await run(filler);
    expect(filler.totals).toEqual({ filledTrades: 3899, absentTrades: 0 });
  });

  test('on a host that is out of order closes no gap', async () => {
    bench.newestId = 4;
    const { send } = open();
    send(1, 3);
    for (let i = 0; i < 20; i++) bench.failures.push(notThere());
    const filler = new Filler(bench.options);
    await run(filler, 3000);
    expect(filler.totals).toEqual({ filledTrades: 1, absentTrades: 0 });
  });
});

describe('a request that fails', () => {
  test('with a page of somebody between closes no gap', async () => {
    const { send } = open();
    send(1, 3);
    for (let i = 0; i < 9; i++) {
      bench.failures.push(new RestError('get x: status 403', { status: 403, retryable: false }));
    }
    const filler = new Filler(bench.options);
    await run(filler, 900);
    expect(filler.totals).toEqual({ filledTrades: 1, absentTrades: 0 });
  });

  test('closes no gap, however often', async () => {
    const { recorder, send } = open();
    send(1, 3);
    for (let i = 0; i < 8; i++) {
      bench.failures.push(new RestError('get x: no answer', { retryable: true }));
    }
    const filler = new Filler(bench.options);
    await run(filler, 60);
    expect(recorder.trades.gaps).toEqual([{ from: 2, to: 2 }]);
    await run(filler);
    expect(filler.totals.filledTrades).toBe(1);
  });

  test('for good leaves the gap to backfill with the reason', async () => {
    const { recorder, send } = open();
    send(1, 3);
    for (let i = 0; i < 6; i++) {
      bench.failures.push(new RestError('get x: status 400', { status: 400, retryable: false }));
    }
    await run(new Filler(bench.options));
    const lines = await finish(recorder);
    expect(lines.at(-1)).toMatchObject({ event: 'fill', trades: 0, reason: 'get x: status 400' });
  });

  test('nothing is appended once it is stopped', async () => {
    const { recorder, send } = open();
    send(1, 3);
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const get: FillBench['get'] = async (request) => {
      await answered;
      return bench.get(request);
    };
    const filler = new Filler({ ...bench.options, client: { get } });
    filler.tick(bench.clock.monotonicMs());
    const stopped = filler.stop();
    answer();
    await stopped;
    expect((await finish(recorder)).map(({ event }) => event)).toEqual(['gap']);
  });
});

test('1,500 gaps at once are filled within the share of the limit, small before large', async () => {
  bench.openFile = openNowhere;
  const share = 0.5;
  const governor = new WeightGovernor({ weightPerMinute: 6000, share });
  const sent: { atMs: number; weight: number }[] = [];
  const get: FillBench['get'] = async (request) => {
    const moment = () => ({
      localMs: bench.clock.monotonicMs(),
      exchangeMs: bench.clock.nowUs() / 1000,
    });
    for (;;) {
      const waitMs = governor.planWaitMs(request.weight, moment());
      if (waitMs <= 0) break;
      if (Number.isFinite(waitMs)) bench.clock.advance(waitMs);
      else await new Promise(setImmediate);
    }
    governor.start(request.weight);
    sent.push({ atMs: bench.clock.monotonicMs(), weight: request.weight });
    const answer = await bench.get(request);
    governor.finish(request.weight, bench.clock.monotonicMs());
    return answer;
  };
  const filler = new Filler({ ...bench.options, client: { get } });
  for (let i = 0; i < 1500; i++) open(`S${i}USDT`).send(100, i === 0 ? 9000 : 103);
  const finishing = vi.waitUntil(
    () => {
      filler.tick(bench.clock.monotonicMs());
      return bench.recorders.every(({ trades }) => trades.gaps.length === 0);
    },
    { interval: 0, timeout: 30_000 },
  );
  await finishing;
  const worst = Math.max(
    ...sent.map(({ atMs }) =>
      sent.reduce((sum, one) => {
        const isWithin = one.atMs > atMs - 60_000 && one.atMs <= atMs;
        return isWithin ? sum + one.weight : sum;
      }, 0),
    ),
  );
  expect(worst).toBeLessThanOrEqual(6000 * share);
  expect(sent.length).toBe(1499 + 9);
  expect(filler.totals.filledTrades).toBe(1499 * 2 + 8899);
  const firstHuge = bench.requests.findIndex((path) => path.includes('S0USDT'));
  expect(firstHuge).toBeGreaterThan(1400);
});
