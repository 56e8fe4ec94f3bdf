// A lake on which sums go wrong easily, for tests of what is asked of it: three symbols around the midnight of a Sunday
// with a lost connection, ids missing within a second, seconds without a trade, trades of one time, frames of no quantity,
// one symbol with a single trade and one before its first quote; and the same market under another exchange's name.

import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { renewCatalog } from '../transformer/renew-catalog.ts';
import type { PlainTrade } from './plain-trade-macros.ts';
import { controlLine, frameLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

export const begunUs = us('2026-03-01T23:57:10Z');
const lastSecond = 404;
/** Nothing is heard in these seconds. */
const lost = { from: 90, to: 133 } as const;

export type AwkwardLake = {
  root: string;
  /** By symbol, as they were written. */
  trades: ReadonlyMap<string, readonly PlainTrade[]>;
};

export async function makeAwkwardLake(): Promise<AwkwardLake> {
  const lake = await makeScratchLake('', renewCatalog);
  const trades = new Map<string, PlainTrade[]>();
  for (const [index, symbol] of ['BTCUSDT', 'ETHUSDT'].entries()) {
    trades.set(symbol, await writeMarket(lake, symbol, index));
  }
  const single = { id: 7, us: begunUs + 5e6, price: '0.00001234', quantity: '3.00000000' };
  trades.set('ONEUSDT', [{ ...single, maker: true }]);
  const one = [
    controlLine(begunUs, 'subscribed'),
    tradeLine({ ...single, maker: true, symbol: 'ONEUSDT' }),
    controlLine(begunUs + 9.5e6, 'close'),
  ];
  await lake.writePart('2026-03-01', 1, one, 'ONEUSDT');
  await lake.transform();
  for (const dataset of ['parquet', 'trades']) {
    const from = join(lake.root, dataset, 'binance/ETHUSDT');
    await cp(from, join(lake.root, dataset, 'other/BTCUSDT'), { recursive: true });
  }
  return { root: lake.root, trades };
}

/** Two parts, cut at midnight; the trades in them. */
async function writeMarket(
  lake: ScratchLake,
  symbol: string,
  index: number,
): Promise<PlainTrade[]> {
  const draw = createDraw(17 + index);
  const parts: { recv: number; line: string }[] = [];
  const written: PlainTrade[] = [];
  const say = (recv: number, line: string) => parts.push({ recv, line });
  let id = 1000;
  for (let second = 0; second <= lastSecond; second++) {
    const isHeard = second < lost.from || second >= lost.to;
    const at = begunUs + second * 1e6;
    const times = draw(3) === 0 ? [] : draw(2) === 0 ? [0.2, 0.2, 0.7] : [0.4];
    for (const time of times) {
      // Ids can be missing between trades of a second that was heard.
      id += draw(40) === 0 ? 3 : 1;
      const trade = { id, us: at + time * 1e6, ...drawPrice(draw, index), maker: draw(2) === 0 };
      const recv = trade.us + 20_000;
      if (isHeard) say(recv, tradeLine({ ...trade, symbol, recv, conn: nameLine(second) }));
      // What has no quantity is no trade, and set aside.
      if (isHeard && Number(trade.quantity) > 0) written.push(trade);
    }
    if (isHeard && second >= 20 * index && draw(4) !== 0) {
      for (const part of [0.1, 0.55].slice(draw(2))) {
        say(at + part * 1e6, drawQuote(draw, symbol, at + part * 1e6, nameLine(second)));
      }
    }
  }
  say(begunUs, controlLine(begunUs, 'subscribed'));
  say(begunUs + lost.from * 1e6, controlLine(begunUs + lost.from * 1e6, 'close'));
  say(begunUs + lost.to * 1e6 - 1, controlLine(begunUs + lost.to * 1e6 - 1, 'subscribed', 'c2'));
  const endUs = begunUs + (lastSecond + 1) * 1e6;
  say(endUs, controlLine(endUs, 'close', 'c2'));
  parts.sort((a, b) => a.recv - b.recv);
  await lake.writePart(
    '2026-03-01',
    1,
    parts.map(({ line }) => line),
    symbol,
  );
  return written;
}

function nameLine(second: number): string {
  return second < lost.to ? 'c1' : 'c2';
}

function drawPrice(draw: (below: number) => number, index: number) {
  const price = (100 * (index + 1) + draw(70_000) / 10_000 + draw(3) * 1e-8).toFixed(8);
  const quantity = (draw(9) === 0 ? 0 : draw(30_000) / 1e5 + 1e-8).toFixed(8);
  return { price, quantity };
}

function drawQuote(
  draw: (below: number) => number,
  symbol: string,
  atUs: number,
  conn: string,
): string {
  const bid = 100 + draw(500) / 100;
  const data = {
    u: atUs,
    s: symbol,
    b: bid.toFixed(8),
    B: '1.50000000',
    a: (bid + (1 + draw(6)) / 100).toFixed(8),
    A: '2.50000000',
  };
  return frameLine(atUs, `${symbol.toLowerCase()}@bookTicker`, data, conn);
}

/** Whole numbers below a bound, the same on any machine. */
function createDraw(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % below;
  };
}
