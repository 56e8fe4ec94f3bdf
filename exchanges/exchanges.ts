// The venues there are, by the name used in the configuration.

import { binance } from './binance/binance.ts';
import type { Exchange } from './exchange.ts';

const venues: readonly Exchange[] = [binance];

/** The venue of that name, or undefined. */
export function findExchange(name: string): Exchange | undefined {
  return venues.find((venue) => venue.name === name);
}

export function listExchangeNames(): string[] {
  return venues.map((venue) => venue.name);
}
