// One past, however it is asked for: the archive, REST by id, klines of any length, and what is sent live.

import { inflateRawSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startOfDayUs } from '../../lake/day.ts';
import { isTrade } from './block.ts';
import { createMarket } from './market.ts';
import { openSimulator, type Simulator } from './server.ts';
import { createManualClock, type ManualClock, noonUs, openClient } from './test-client.ts';

const symbol = 'TRXUSDT';
const day = '2026-11-19';
const quietPast = { untilUs: noonUs - 120_000_000, share: 0.02 };

let simulator: Simulator;
let clock: ManualClock;

beforeEach(async () => {
  clock = createManualClock();
  const tradedSinceUs = startOfDayUs(day);
  const symbols = [symbol];
  simulator = await openSimulator({ clock, tickMs: 0, symbols, quietPast, tradedSinceUs });
});

afterEach(() => simulator.close());

const getRest = async (path: string) =>
  (await (await fetch(`${simulator.restUrl}/api/v3/${path}`)).json()) as unknown[];

/** The rows of a zip with one file. */
async function readArchive(folder: string, name: string): Promise<string[][]> {
  const answer = await fetch(`${simulator.archiveUrl}/data/spot/daily/${folder}/${name}.zip`);
  const zip = Buffer.from(await answer.arrayBuffer());
  const data = 30 + zip.readUInt16LE(26);
  const text = inflateRawSync(zip.subarray(data, data + zip.readUInt32LE(18))).toString();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
}

it('goes on without a hole from the archive over REST into what is sent live', async () => {
  const archived = await readArchive(`trades/${symbol}`, `${symbol}-trades-${day}`);
  const ids = archived.map(([id]) => Number(id));
  expect(ids.length).toBeGreaterThan(4000);
  const client = await openClient(`${simulator.wsUrl}/stream?streams=trxusdt@trade`);
  clock.advance(20_000);
  simulator.tick();
  const live = (await client.takeJson()).data as { t: number };
  client.ws.terminate();
  while (ids.at(-1)! < live.t - 1) {
    const fromId = ids.at(-1)! + 1;
    const page = await getRest(`historicalTrades?symbol=${symbol}&limit=1000&fromId=${fromId}`);
    ids.push(...(page as { id: number }[]).map(({ id }) => id).filter((id) => id < live.t));
  }
  expect(ids).toEqual(Array.from({ length: ids.length }, (_, index) => ids[0]! + index));
});

it('has the klines of a day that its trades have, by second, minute and day', async () => {
  const seconds = await readArchive(`klines/${symbol}/1s`, `${symbol}-1s-${day}`);
  expect(seconds.map(([at]) => Number(at))).toEqual(
    Array.from({ length: 86_400 }, (_, second) => startOfDayUs(day) + second * 1e6),
  );
  const trades = await readArchive(`trades/${symbol}`, `${symbol}-trades-${day}`);
  const asked = `symbol=${symbol}&startTime=${startOfDayUs(day) / 1000}`;
  const [whole] = (await getRest(`klines?${asked}&interval=1d&limit=1`)) as string[][];
  const minutes = (await getRest(`klines?${asked}&interval=1m&limit=1000`)) as string[][];
  const count = (rows: string[][]) => rows.reduce((sum, row) => sum + Number(row[8]), 0);
  expect([count([whole!]), count(seconds)]).toEqual([trades.length, trades.length]);
  expect([whole![1], whole![4]]).toEqual([trades[0]![1], trades.at(-1)![1]]);
  for (const [index, minute] of minutes.entries()) {
    const own = seconds.slice(index * 60, index * 60 + 60);
    const prices = own.filter((row) => Number(row[8]) > 0).map((row) => Number(row[2]));
    expect([minute[0], minute[4], minute[8]]).toEqual([
      Number(own[0]![0]) / 1000,
      own.at(-1)![4],
      count(own),
    ]);
    if (prices.length > 0) expect(Number(minute[2])).toBe(Math.max(...prices));
  }
});

it('may be quiet, and changes nothing of what comes after', () => {
  const open = (past?: typeof quietPast) =>
    createMarket({ seed: 1, symbols: [symbol], quietPast: past }).get(symbol)!;
  const quiet = open(quietPast);
  const busy = open();
  const border = quiet.findBlockAt(quietPast.untilUs);
  expect(quiet.block(border)).toEqual(busy.block(border));
  expect(quiet.block(border + 3)).toEqual(busy.block(border + 3));
  const count = (market: typeof quiet) => {
    let trades = 0;
    for (let block = border - 500; block < border; block++) {
      trades += market.block(block).trades.length;
    }
    return trades;
  };
  expect(count(busy) / count(quiet)).toBeGreaterThan(45);
  expect(count(busy) / count(quiet)).toBeLessThan(55);
  let updateId = 0;
  for (let block = border - 200; block < border + 5; block++) {
    for (const event of quiet.block(block).events) {
      if (!isTrade(event)) {
        expect(event.updateId).toBeGreaterThan(updateId);
        updateId = event.updateId;
        continue;
      }
      expect(quiet.findBlockOf('id', event.id)).toBe(block);
      expect(quiet.findBlockOf('aggregateId', event.aggregateId)).toBe(block);
    }
  }
});
