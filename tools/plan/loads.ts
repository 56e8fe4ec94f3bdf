// How many messages each configured symbol brings: as this lake's raw manifests of the last days count
// them, else as a recorded session had them, else as assumed. Holds no effects.

import type { Stream } from '../../exchanges/exchange.ts';
import type { PartRecord } from '../../lake/part-manifest.ts';
import { assumedLoad, recordedLoads } from './figures.ts';
import type { SymbolLoad } from './sizing.ts';

/** Less than that says too little of a day. */
const minSeconds = 600;

/** `records` are of the symbol's parts, imported ones not among them; `streams` those it subscribes. */
export function findLoad(
  name: string,
  streams: readonly Stream[],
  tradeChannel: string,
  records: readonly PartRecord[],
): SymbolLoad {
  const symbol = streams[0]!.symbol;
  const tradeStream = streams.find(({ channel }) => channel === tradeChannel)?.name;
  const measured = measure(records, tradeStream);
  if (measured !== undefined) return { name, ...measured, basis: 'measured here' };
  const recorded = recordedLoads[symbol];
  const { trades, others } = recorded ?? assumedLoad;
  const channels = streams.filter(({ channel }) => channel !== tradeChannel).length;
  const heard = tradeStream === undefined ? 0 : trades;
  const messages = heard + channels * others * trades;
  return { name, trades: heard, messages, basis: recorded === undefined ? 'assumed' : 'recorded' };
}

/** Frames per second of the time the parts cover. Lanes hear the same, so the plan counts them once. */
function measure(records: readonly PartRecord[], tradeStream: string | undefined) {
  let [seconds, trades, messages] = [0, 0, 0];
  for (const { first_recv, last_recv, streams, origin } of records) {
    const frames = Object.values(streams).reduce((sum, count) => sum + count, 0);
    if (frames === 0 || first_recv === null || last_recv === null || origin !== undefined) continue;
    seconds += (last_recv - first_recv) / 1e6;
    messages += frames;
    trades += streams[tradeStream ?? ''] ?? 0;
  }
  return seconds < minSeconds
    ? undefined
    : { trades: trades / seconds, messages: messages / seconds };
}
