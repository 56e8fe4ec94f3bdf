import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { findIdleKeys } from './config-idle.ts';

it('names the keys without effect that are set, and no others', () => {
  const text = `
    root: /elsewhere
    cleanup: { raw_retention_days: 1, disk_alert_percent: 50 }
    gcs: { bucket_name: lake, prefix: "" }
    alerting: { conditions: [disk] }
  `;
  expect(findIdleKeys(parseConfig(text, {}))).toEqual(['gcs.bucket_name', 'alerting.conditions']);
  expect(findIdleKeys(parseConfig('', {}))).toEqual([]);
});
