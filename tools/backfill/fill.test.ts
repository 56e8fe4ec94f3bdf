import { afterEach, describe, expect, it } from 'vitest';
import { planStreams } from '../../exchanges/plan.ts';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import { type BackfillLake, openBackfillLake } from '../../tests/backfill-lake.ts';
import { us } from '../../tests/raw-lines.ts';
import { type FillRequest, fillSpan, withFillWork } from './fill.ts';
import { fillFromRest } from './rest-fill.ts';
import { openVenueAccess } from './venue-access.ts';

const nowUs = us('2026-03-04T01:00:00Z');
const instrument = { exchange: 'binance', symbol: 'LTCUSDT' };

let lake: BackfillLake;
afterEach(() => lake.close());

async function openRequest(options: object = {}): Promise<FillRequest> {
  const historyMs = 3 * 86_400_000;
  lake = await openBackfillLake(nowUs, { rate: 0.005, historyMs, ...options }, 'LTCUSDT');
  const config = parseConfig(`${lake.yaml}\nroot: ${lake.root}`, {});
  const clock = { nowUs: lake.nowUs, monotonicMs: () => performance.now() };
  const signal = new AbortController().signal;
  const context = { config, clock, signal, log: silentLog };
  const [plan] = planStreams(config);
  return { context, access: openVenueAccess(context, plan!), instrument, purpose: 'test' };
}

const listTruth = (fromUs: number, untilUs: number) =>
  lake.simulator.truth.trades('LTCUSDT', fromUs, untilUs).map(({ id }) => id);

async function listFilled(): Promise<number[]> {
  await lake.transform();
  const rows = await lake.query('SELECT trade_id FROM trades ORDER BY trade_id');
  return rows.map((row) => Number(row.trade_id));
}

describe('fillSpan', () => {
  const [from, to] = [us('2026-03-02T23:50:00Z'), us('2026-03-03T00:10:00Z')];

  it.each([
    ['REST', {}, 'restTrades'],
    [
      'the archive, of both days, where REST forgets',
      { restHistoryMs: 3_600_000 },
      'archiveTrades',
    ],
    [
      'the archive where REST has no single trades',
      { absentPaths: ['/api/v3/historicalTrades'] },
      'archiveTrades',
    ],
  ] as const)(
    'fetches the trades of a time across midnight from %s',
    async (_, options, source) => {
      const outcome = await fillSpan(await openRequest(options), from, to);
      const ids = listTruth(from, to + 1);
      expect(ids.length).toBeGreaterThan(5);
      expect(outcome).toMatchObject({ [source]: ids.length, absent: [], defects: [] });
      expect(await listFilled()).toEqual(ids);
    },
  );

  it('of the last minutes fetches what there is by now', async () => {
    const request = await openRequest({ rate: 0.05 });
    const outcome = await fillSpan(request, nowUs - 600_000_000, nowUs + 600_000_000);
    const ids = listTruth(nowUs - 600_000_000, lake.nowUs());
    expect(outcome.restTrades).toBeGreaterThan(20);
    expect(ids.slice(0, outcome.restTrades)).toEqual(await listFilled());
  });

  it('of a time before the first trade fetches nothing, and writes no part', async () => {
    const request = await openRequest();
    const day = us('2026-02-01T00:00:00Z');
    const outcome = await fillSpan(request, day, day + 60_000_000);
    expect(outcome).toMatchObject({ restTrades: 0, archiveTrades: 0, absent: [], parts: [] });
  });
});

describe('fillFromRest', () => {
  it('asks for many small holes in few requests, and names what does not exist', async () => {
    const request = await openRequest();
    const ids = listTruth(us('2026-03-03T00:00:00Z'), us('2026-03-03T12:00:00Z'));
    const last = lake.simulator.truth.trades('LTCUSDT', 0, lake.nowUs()).at(-1)!.id;
    const holes = ids.filter((_, index) => index % 10 === 0);
    const before = request.access.rest.status().weightUsed;
    const ranges = holes.map((id): [number, number] => [id, id]);
    const outcome = await withFillWork(request, (work) =>
      fillFromRest(work, [...ranges, [last + 1000, last + 5000]]),
    );
    expect(outcome).toMatchObject({
      trades: holes.length,
      absent: [[last + 1000, last + 5000]],
    });
    // One page for the holes, one that comes back empty.
    expect(request.access.rest.status().weightUsed - before).toBe(50);
    expect((await listFilled()).filter((id) => holes.includes(id))).toEqual(holes);
  });
});
