// Every metric there is, from what is known of the lake. Where a source is missing its metrics are, too,
// and `crypto_lake_scrape_errors` says so. Holds no effects.

import { listCollectorFamilies } from './collector-families.ts';
import { type Family, gauge } from './family.ts';
import { listHeartbeatFamilies } from './heartbeat-families.ts';
import { type MetricInputs, sources } from './inputs.ts';
import {
  listReconcileFamilies,
  listTransformFamilies,
  listUploadFamilies,
} from './job-families.ts';

export function listFamilies(inputs: MetricInputs): Family[] {
  const { heartbeat, collect, transform, reconcile, uploads, nowMs } = inputs;
  return [
    ...listOwnFamilies(inputs),
    ...(heartbeat === undefined ? [] : listHeartbeatFamilies(heartbeat, nowMs)),
    ...(collect === undefined ? [] : listCollectorFamilies(collect, nowMs)),
    ...(transform === undefined ? [] : listTransformFamilies(transform)),
    ...(reconcile === undefined ? [] : listReconcileFamilies(reconcile)),
    ...(uploads.length === 0 ? [] : listUploadFamilies(uploads, nowMs)),
    ...listStorageFamilies(inputs),
  ];
}

function listOwnFamilies(inputs: MetricInputs): Family[] {
  const { version, failed, nowMs } = inputs;
  const ages = (['collect', 'transform', 'reconcile'] as const).flatMap((service) => {
    const at = inputs[service]?.updated_at;
    return at === undefined ? [] : [[{ service }, (nowMs - Date.parse(at)) / 1000] as const];
  });
  const uploads = inputs.uploads.map(
    ({ service, status }) => [{ service }, (nowMs - Date.parse(status.updated_at)) / 1000] as const,
  );
  return [
    gauge('build_info', 'The version that serves these metrics.', [[{ version }, 1]]),
    gauge(
      'scrape_errors',
      'Whether a source of metrics that should be there could not be read; its metrics are absent.',
      sources.map((source) => [{ source }, failed.includes(source) ? 1 : 0]),
    ),
    gauge('status_age_seconds', 'Time since a service last reported.', [...ages, ...uploads]),
  ];
}

function listStorageFamilies({ disk, heartbeat, partitions, nowMs }: MetricInputs): Family[] {
  const bytes = heartbeat === undefined ? null : Math.round(heartbeat.disk_usage_gb * 1e9);
  const newest = new Map<string, (typeof partitions)[number]>();
  for (const head of partitions) {
    const key = `${head.exchange}/${head.symbol}`;
    const known = newest.get(key);
    if (head.dataset !== 'bars_1s' || head.lastSecondMs === undefined) continue;
    if (known === undefined || known.lastSecondMs! < head.lastSecondMs) newest.set(key, head);
  }
  return [
    gauge('disk_size_bytes', 'Size of the disk below the root.', [[{}, disk?.bytes]]),
    gauge('disk_free_bytes', 'What of it is free.', [[{}, disk?.freeBytes]]),
    gauge('lake_bytes', 'Bytes of all files below the root.', [[{}, bytes]]),
    gauge(
      'partition_rows',
      "Rows of today's and yesterday's partitions, UTC.",
      partitions.map(({ exchange, symbol, dataset, day, rows }) => [
        { exchange, symbol, dataset, day },
        rows,
      ]),
    ),
    gauge(
      'bars_age_seconds',
      'Time since the newest bar of today or yesterday.',
      [...newest.values()].map(({ exchange, symbol, lastSecondMs }) => [
        { exchange, symbol },
        (nowMs - lastSecondMs!) / 1000,
      ]),
    ),
  ];
}
