// What a restore says. Holds no effects.

import type { RestoreResult } from './jobs.ts';
import type { RestorePlan } from './plan-restore.ts';

/** One line per day or raw folder that would be looked at. */
export function formatPlan({ jobs, withoutRaw }: RestorePlan): string {
  const lines = jobs.map(({ kind, instrument: { exchange, symbol }, day, sources }) => {
    const { store, bytes } = sources[0]!;
    const what = kind === 'raw' ? 'raw parts' : 'partitions';
    const size = `${(bytes / 1e6).toFixed(1)} MB`;
    return `would restore ${what} of ${exchange}/${symbol} ${day}, ${size} from ${store.url}\n`;
  });
  return `${lines.join('')}what is here and whole is not fetched\n${formatLacks(withoutRaw)}`;
}

/** A line for each symbol with days whose raw parts are in no store. */
export function formatLacks(withoutRaw: RestorePlan['withoutRaw']): string {
  const bySymbol = Map.groupBy(
    withoutRaw,
    ({ instrument: { exchange, symbol } }) => `${exchange}/${symbol}`,
  );
  return [...bySymbol]
    .map(([name, own]) => `no raw parts are there of ${name}: ${formatDays(own)}\n`)
    .join('');
}

function formatDays(own: RestorePlan['withoutRaw']): string {
  const days = own.map(({ day }) => day).sort();
  const [first, last] = [days[0]!, days.at(-1)!];
  return first === last ? first : `${days.length} days, ${first} to ${last}`;
}

/** `goesAgain`: a store of the configuration has days deleted here that it has. */
export function formatResult(
  { jobs, files, bytes, here, failed, left }: RestoreResult,
  goesAgain: boolean,
): string {
  const facts = [
    `${files} files, ${(bytes / 1e6).toFixed(1)} MB brought back`,
    ...(here > 0 ? [`${here} of ${jobs} days were here already`] : []),
    ...(failed > 0 ? [`${failed} of ${jobs} could not be had, see above`] : []),
    ...(left > 0 ? [`stopped with ${left} to go: run it again`] : []),
    ...(files > 0 ? ['run --mode transform if parts waited for them'] : []),
    ...(files > 0 && goesAgain ? ['the next upload sends away again what no part waits for'] : []),
  ];
  return `restore: ${facts.join('; ')}\n`;
}
