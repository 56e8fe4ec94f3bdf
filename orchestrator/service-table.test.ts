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
  });
});

it('leaves the comparison with klines out where it is switched off', () => {
  expect(plan('reconcile: { enabled: false }')).not.toHaveProperty('reconcile');
});

it('transforms every two minutes in a test', () => {
  expect(plan('', true).transform).toMatchObject({ schedules: [{ everyMs: 120_000 }] });
});
