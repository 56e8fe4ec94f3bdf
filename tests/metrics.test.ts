// The metrics as their readers know them: what the rules and the dashboard ask for is there, what is missing
// is said to be missing, and what only counts up never falls.

import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { FakeClock } from '../collector/fake-clock.ts';
import { parseConfig } from '../lake/config.ts';
import { alertConditions } from '../lake/config-schema.ts';
import { heartbeatPath, partitionManifestPath, statusPath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { formatFamilies } from '../tools/metrics/exposition.ts';
import { listFamilies } from '../tools/metrics/families.ts';
import { openMetrics } from '../tools/metrics/metrics.ts';
import { fullInputs } from './metric-inputs.ts';
import { findNames } from './promql.ts';

const deploy = join(import.meta.dirname, '..', 'deploy');
const { groups } = parse(readFileSync(join(deploy, 'prometheus/rules.yml'), 'utf8'));
const rules: { record?: string; alert?: string; expr: string }[] = groups.flatMap(
  (group: { rules: object[] }) => group.rules,
);
type Panel = { title: string; targets?: { expr: string; legendFormat: string }[] };
const dashboard: { panels: Panel[]; templating: { list: { definition?: string }[] } } = JSON.parse(
  readFileSync(join(deploy, 'grafana/crypto-lake.json'), 'utf8'),
);
const targets = dashboard.panels.flatMap(({ targets = [] }) => targets);

/** Labels Prometheus adds to whatever it scrapes, and the one of its own metric. */
const targetLabels = ['instance', 'job'];

/** Labels of every series, by its name: what is scraped, and what the rules record of it. */
const series = new Map<string, Set<string>>([['up', new Set()]]);
for (const { name, samples } of listFamilies(fullInputs)) {
  for (const { labels, suffix = '' } of samples) {
    const known = series.get(`${name}${suffix}`) ?? new Set();
    series.set(`${name}${suffix}`, new Set([...known, ...Object.keys(labels)]));
  }
}
for (const { record, expr } of rules) {
  if (record === undefined) continue;
  const labels = findNames(expr).selectors.flatMap(({ metric }) => [...(series.get(metric) ?? [])]);
  series.set(record, new Set(labels));
}

/** What an expression names that there is not. */
function findUnknown(expr: string): string[] {
  const { selectors, grouping } = findNames(expr);
  const available = new Set(targetLabels);
  const unknown: string[] = [];
  for (const { metric, labels } of selectors) {
    const known = series.get(metric);
    if (known === undefined) unknown.push(`${metric} of ${expr}`);
    for (const label of known ?? []) available.add(label);
    for (const label of labels) {
      if (known?.has(label) || targetLabels.includes(label)) continue;
      unknown.push(`${metric}{${label}} of ${expr}`);
    }
  }
  return [
    ...unknown,
    ...grouping.filter((one) => !available.has(one)).map((one) => `${one} of ${expr}`),
  ];
}

describe('findNames', () => {
  it('finds metrics and labels in every place, and nothing else', () => {
    const expr =
      'sum by (a, b) (rate(x_total{c="by (d) y", e=~"f"}[5m])) / on (g) 2 * max(z offset 5m) > bool 3e2 and u';
    expect(findNames(expr)).toEqual({
      selectors: [
        { metric: 'x_total', labels: ['c', 'e'] },
        { metric: 'z', labels: [] },
        { metric: 'u', labels: [] },
      ],
      grouping: ['a', 'b', 'g'],
    });
  });
});

describe('rules and dashboard', () => {
  it('ask for metrics and labels that there are', () => {
    const queries = [...rules, ...targets].map(({ expr }) => expr);
    expect(queries.length).toBeGreaterThan(80);
    expect(queries.flatMap(findUnknown)).toEqual([]);
    const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
    for (const variable of variables) {
      const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(variable) ?? [];
      expect(findUnknown(`${metric}{${label}=""}`)).toEqual([]);
    }
  });

  it('name series by labels they have', () => {
    const wrong = targets.flatMap(({ expr, legendFormat }) => {
      const metrics = findNames(expr).selectors.map(({ metric }) => metric);
      const labels = metrics.flatMap((metric) => [...(series.get(metric) ?? [])]);
      return [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)]
        .map(([, label]) => label!)
        .filter((label) => ![...labels, ...targetLabels].includes(label))
        .map((label) => `${label} of ${expr}`);
    });
    expect(wrong).toEqual([]);
  });

  it('show every metric there is', () => {
    const shown = new Set(targets.flatMap(({ expr }) => findNames(expr).selectors));
    const names = new Set([...shown].map(({ metric }) => metric));
    const scraped = [...series.keys()].filter((name) => name.startsWith('crypto_lake_'));
    expect(scraped.filter((name) => !names.has(name))).toEqual([]);
  });

  it('have an alert for every condition by which the lake judges itself', () => {
    const alerts = rules.filter(({ alert }) => alert !== undefined).map(({ expr }) => expr);
    const missing = alertConditions.filter(
      (condition) => !alerts.some((expr) => expr.includes(`{condition="${condition}"}`)),
    );
    expect(missing).toEqual([]);
  });
});

describe('listFamilies', () => {
  it('keeps every metric to few series: none grows with connections, problems or time', () => {
    const labels = new Set([...series.values()].flatMap((names) => [...names]));
    expect([...labels].sort()).toEqual([
      'condition',
      'connection',
      'dataset',
      'day',
      'exchange',
      'kind',
      'lane',
      'le',
      'service',
      'severity',
      'source',
      'status',
      'store',
      'symbol',
      'version',
    ]);
  });

  it('counts ages up to the scrape', async () => {
    const text = await formatFamilies(listFamilies(fullInputs));
    expect(text).toContain(
      'crypto_lake_last_trade_age_seconds{exchange="binance",symbol="BTCUSDT"} 5.5\n',
    );
    expect(text).toContain('crypto_lake_transform_lag_seconds 120\n');
    expect(text).toContain('crypto_lake_heartbeat_age_seconds 30\n');
    expect(text).toContain('crypto_lake_bars_age_seconds{exchange="binance",symbol="BTCUSDT"} 200');
  });

  it('shows problems by condition, and 0 where there are none, so that an alert ends', async () => {
    const text = await formatFamilies(listFamilies(fullInputs));
    expect(text).toContain('crypto_lake_problems{condition="gap",severity="degraded"} 1\n');
    expect(text).toContain('crypto_lake_problems{condition="disk",severity="degraded"} 0\n');
    expect(text).toContain('crypto_lake_alerts{condition="gap"} 1\n');
    expect(text).toContain('crypto_lake_alerts{condition="disk"} 0\n');
  });
});

describe('openMetrics', () => {
  async function openLake() {
    const root = await mkdtemp(join(tmpdir(), 'metrics-'));
    const config = parseConfig('exchanges: { binance: { symbols: [BTCUSDT] } }', {
      CRYPTO_LAKE_ROOT: root,
    });
    const clock = new FakeClock(new Date(fullInputs.nowMs).toISOString());
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (text: string) => void warnings.push(text) };
    const write = async (path: string, content: unknown) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    };
    return { root, clock, warnings, write, metrics: openMetrics(config, clock, log) };
  }

  it('leaves out what cannot be read, says so, and shows the rest', async () => {
    const { root, clock, warnings, write, metrics } = await openLake();
    await write(statusPath(root, 'collect'), fullInputs.collect);
    await write(statusPath(root, 'transform'), '{"updated_at": "2026-');
    const text = await metrics.read();
    expect(text).toContain('crypto_lake_messages_total{exchange="binance",symbol="BTCUSDT"} 5000');
    expect(text).toContain('crypto_lake_disk_free_bytes ');
    expect(text).not.toContain('crypto_lake_transform_last_run_ok');
    expect(text).not.toContain('crypto_lake_heartbeat_age_seconds');
    const failed = [...text.matchAll(/^crypto_lake_scrape_errors\{source="(.*)"\} 1$/gm)];
    expect(failed.map(([, source]) => source)).toEqual(['heartbeat', 'transform']);
    clock.advance(1000);
    await metrics.read();
    expect(warnings).toEqual([expect.stringMatching(/^read metrics transform: .* is damaged/)]);
    await write(statusPath(root, 'transform'), fullInputs.transform);
    await write(heartbeatPath(root), fullInputs.heartbeat);
    clock.advance(1000);
    expect(await metrics.read()).not.toMatch(/^crypto_lake_scrape_errors\{.*\} 1$/m);
    await rm(root, { recursive: true });
  });

  it('reads the lake at most once a second', async () => {
    const { root, clock, write, metrics } = await openLake();
    await write(statusPath(root, 'collect'), fullInputs.collect);
    const [first, same] = [await metrics.read(), await metrics.read()];
    expect(same).toBe(first);
    await rm(statusPath(root, 'collect'));
    clock.advance(999);
    expect(await metrics.read()).toBe(first);
    clock.advance(1);
    expect(await metrics.read()).not.toContain('crypto_lake_messages_total{');
    await rm(root, { recursive: true });
  });

  it('takes rows and the newest bar from the start of a manifest', async () => {
    const { root, write, metrics } = await openLake();
    const btc = { exchange: 'binance', symbol: 'BTCUSDT' };
    const manifest = { schema_version: 1, revision: 3, rows: 1234 };
    await write(
      partitionManifestPath(root, 'bars_1s', btc, '2026-11-20'),
      JSON.stringify({ ...manifest, last_second: '2026-11-20T11:59:00Z', inputs: [] }, null, 1),
    );
    const text = await metrics.read();
    expect(text).toMatch(/^crypto_lake_partition_rows\{.*dataset="bars_1s",day="today"\} 1234$/m);
    expect(text).toContain('crypto_lake_bars_age_seconds{exchange="binance",symbol="BTCUSDT"} 60');
    await rm(root, { recursive: true });
  });
});
