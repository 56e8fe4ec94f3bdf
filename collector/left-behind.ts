// What an earlier run has left of each symbol: its last trade, and the trades that were missing. Read once
// before anything is received; crashed parts must have been described by then.

import type { Instrument } from '../lake/layout.ts';
import type { Log } from '../lake/log.ts';
import { formatInstrument, type GapState } from './gap-state.ts';
import type { IdRange } from './id-ranges.ts';
import { findLastTrade, type LastTrade } from './last-trade.ts';

export type LeftBehind = { last: LastTrade | undefined; gaps: readonly IdRange[] };

/** Symbols read at once. */
const readsAtOnce = 16;

/** By `<exchange>/<SYMBOL>`. */
export async function readLeftBehind(
  root: string,
  instruments: readonly Instrument[],
  gapState: GapState,
  nowUs: number,
  log: Log,
): Promise<Map<string, LeftBehind>> {
  const gaps = await gapState.read();
  const left = new Map<string, LeftBehind>();
  const waiting = [...instruments];
  const read = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const name = formatInstrument(next);
      const last = await findLastTrade(root, next, nowUs, log);
      left.set(name, { last, gaps: gaps.get(name) ?? [] });
    }
  };
  await Promise.all(Array.from({ length: readsAtOnce }, read));
  return left;
}
