// Families in the text format Prometheus scrapes, written by prom-client. Its own metrics count by
// themselves; ours are counted elsewhere, so each family stands in as a metric that is read alone.

import { Gauge, Registry } from 'prom-client';
import type { Family } from './family.ts';

export const contentType = Registry.PROMETHEUS_CONTENT_TYPE;

export function formatFamilies(families: readonly Family[]): Promise<string> {
  const registry = new Registry();
  for (const family of families) registry.registerMetric(new ReadMetric(family));
  return registry.metrics();
}

class ReadMetric extends Gauge {
  readonly #family: Family;

  constructor(family: Family) {
    const { name, help } = family;
    super({ name, help, registers: [] });
    this.#family = family;
  }

  override async get() {
    const { name, help, type, samples } = this.#family;
    const values = samples.map(({ labels, value, suffix = '' }) => {
      return { metricName: `${name}${suffix}`, labels, value };
    });
    return { ...(await super.get()), name, help, type: type as never, values };
  }
}
