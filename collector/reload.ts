// What a new configuration changes: which symbols come and go, and which keys only a restart applies.
// Decides only.

import type { VenuePlan } from '../exchanges/plan.ts';
import type { Config } from '../lake/config.ts';

/** Keys of the collector that a running one takes over: they say what is collected, and from where. */
const reloaded = ['redundancy'];

/** The changed keys that the running collector keeps as they were, `collector.compress`. */
export function findRestartKeys(before: Config, after: Config): string[] {
  const changed: string[] = [];
  if (before.root !== after.root) changed.push('root');
  for (const key of Object.keys(after.collector) as (keyof Config['collector'])[]) {
    if (reloaded.includes(key) || before.collector[key] === after.collector[key]) continue;
    changed.push(`collector.${key}`);
  }
  if (before.fill.rest_weight_percent !== after.fill.rest_weight_percent) {
    changed.push('fill.rest_weight_percent');
  }
  for (const [name, venue] of Object.entries(after.exchanges)) {
    const old = before.exchanges[name];
    if (old !== undefined && old.rest_url !== venue.rest_url) {
      changed.push(`exchanges.${name}.rest_url`);
    }
  }
  return changed;
}

/** `<exchange>/<SYMBOL>` of every symbol that comes or goes. */
export function findSymbolChanges(
  before: readonly VenuePlan[],
  after: readonly VenuePlan[],
): { added: string[]; removed: string[] } {
  const [old, next] = [listSymbols(before), listSymbols(after)];
  return {
    added: [...next].filter((symbol) => !old.has(symbol)),
    removed: [...old].filter((symbol) => !next.has(symbol)),
  };
}

function listSymbols(plans: readonly VenuePlan[]): Set<string> {
  return new Set(
    plans.flatMap(({ exchange, streams }) =>
      streams.map(({ symbol }) => `${exchange.name}/${symbol}`),
    ),
  );
}
