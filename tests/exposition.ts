// The text format of a scrape, read back: of each metric its help, its type, and the labels of its series.

export type Exposed = { help: string; type: string; labels: string[] };

export function parseExposition(text: string): Record<string, Exposed> {
  const metrics: Record<string, Exposed> = {};
  let current: Exposed = { help: '', type: '', labels: [] };
  for (const line of text.split('\n')) {
    const [, kind, name = '', rest = ''] = /^# (HELP|TYPE) (\w+) (.*)$/.exec(line) ?? [];
    if (kind === 'HELP') {
      current = { help: rest, type: '', labels: [] };
      metrics[name] = current;
    } else if (kind === 'TYPE') {
      current.type = rest;
    } else {
      const found = [...line.matchAll(/(\w+)="/g)].map(([, label]) => label!);
      current.labels = [...new Set([...current.labels, ...found])].sort();
    }
  }
  return metrics;
}

/** Metrics that have at least one series. */
export function listExposed(text: string): string[] {
  const series = text.matchAll(/^(\w+?)(_bucket|_sum|_count)?(\{.*\})? \S+$/gm);
  return [...new Set([...series].map(([, name]) => name!))];
}
