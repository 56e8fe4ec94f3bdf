// How many trades the exchange itself names for a second: the word that decides between its kline and
// our bar where the two count differently.

import type { VenueRest } from '../../exchanges/rest.ts';
import type { RestClient } from '../../exchanges/rest-client.ts';
import { usPerSecond } from '../../lake/day.ts';

/** Aggregates asked for at once; a second with as many is left undecided. */
const maxAggregates = 1000;

/** The trades of each second, by its aggregates; seconds with too many to tell are left out. */
export async function countTrades(
  client: RestClient,
  rest: VenueRest,
  symbol: string,
  seconds: readonly number[],
  signal: AbortSignal,
): Promise<{ second: number; trades: number }[]> {
  const counted: { second: number; trades: number }[] = [];
  for (const second of seconds) {
    const [fromUs, toUs] = [second * usPerSecond, (second + 1) * usPerSecond - 1];
    const request = rest.formatAggregates(symbol, fromUs, toUs, maxAggregates);
    const { body } = await client.get(request, signal);
    const aggregates = rest
      .parseAggregates(body)
      .filter(({ timeUs }) => timeUs >= fromUs && timeUs <= toUs);
    if (aggregates.length >= maxAggregates) continue;
    const trades = aggregates.reduce((sum, { firstId, lastId }) => sum + lastId - firstId + 1, 0);
    counted.push({ second, trades });
  }
  return counted;
}
