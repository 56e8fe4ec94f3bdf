import { expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { planServices } from './service-table.ts';

const plan = (yaml: string, isTest = false) =>
  Object.fromEntries(
    planServices(parseConfig(yaml, {}), { isTest }).map(({ name, runs }) => [name, runs]),
  );

it('runs each part when the configuration says', () => {
  expect(
    plan(`
      transformer: { interval_minutes: 30 }
      fill: { schedule: "1 5 * * *" }
      reconcile: { interval_minutes: 0.5 }
      cleanup: { schedule: "0 4 * * *" }`),
  ).toEqual({
    collect: 'always',
    transform: { atStart: true, schedules: [{ everyMs: 1_800_000 }] },
    backfill: { after: 'transform', schedules: [{ cron: '1 5 * * *' }] },
    reconcile: { schedules: [{ everyMs: 30_000 }] },
    cleanup: { onFullDisk: true, schedules: [{ cron: '0 4 * * *' }] },
    web: 'always',
  });
});

it('leaves the web out where it is switched off', () => {
  expect(plan('web: { enabled: false }')).not.toHaveProperty('web');
});

it('leaves the comparison with klines out where it is switched off', () => {
  expect(plan('reconcile: { enabled: false }')).not.toHaveProperty('reconcile');
});

it('transforms every two minutes in a test', () => {
  expect(plan('', true).transform).toMatchObject({ schedules: [{ everyMs: 120_000 }] });
});

it('uploads at the times of every store there is, and soon again after a failure', () => {
  expect(plan('')).not.toHaveProperty('upload');
  const services = plan(`
    gcs: { bucket_name: a, schedule: "0 3 * * *" }
    s3: { bucket_name: b, schedule: "0 3 * * *" }
    folder: { path: /mnt, schedule: "30 4 * * *" }`);
  expect(services.upload).toEqual({
    schedules: [{ cron: '0 3 * * *' }, { cron: '30 4 * * *' }],
    retryMs: 3_600_000,
  });
  expect(services).not.toHaveProperty('upload-raw');
});

it('uploads raw parts all the time where batches are set and there is a store', () => {
  const batches = 'upload: { raw_batch_seconds: 60 }';
  expect(plan(batches)).not.toHaveProperty('upload-raw');
  expect(plan(`${batches}\nfolder: { path: /mnt }`)['upload-raw']).toBe('always');
});
