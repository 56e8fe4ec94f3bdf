// Which instruments the lake knows: those that have raw parts, and those of which only partitions are left,
// because retention has deleted their parts. Strange names among the folders are passed over.

import { join } from 'node:path';
import { isSymbol } from '../lake/config-schema.ts';
import { listEntries } from '../lake/durable.ts';
import { datasetDir, type Instrument } from '../lake/layout.ts';
import { isExchange, listInstruments } from './parts.ts';

/** By name. */
export async function listAllInstruments(root: string): Promise<Instrument[]> {
  const found = new Map<string, Instrument>();
  const add = (each: Instrument) => found.set(`${each.exchange}/${each.symbol}`, each);
  (await listInstruments(root)).forEach(add);
  for (const dataset of ['bars_1s', 'trades'] as const) {
    const top = datasetDir(root, dataset);
    for (const exchange of (await listEntries(top)).folders.filter(isExchange)) {
      const symbols = (await listEntries(join(top, exchange))).folders.filter(isSymbol);
      for (const symbol of symbols) add({ exchange, symbol });
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}
