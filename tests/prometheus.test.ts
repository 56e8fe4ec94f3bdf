// What Prometheus itself says, by promtool (Debian's package `prometheus`), of the rules, of their tests, and
// of the metrics. Without promtool these tests fail. That a running lake's metrics are the same: demo.test.ts.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatFamilies } from '../tools/metrics/exposition.ts';
import { listFamilies } from '../tools/metrics/families.ts';
import { fullInputs } from './metric-inputs.ts';

const folder = join(import.meta.dirname, '..', 'deploy', 'prometheus');

/** What promtool finds wrong; empty where it finds nothing. */
function check(args: string[], input = ''): string {
  const options = { cwd: folder, input, encoding: 'utf8' } as const;
  const { status, stdout, stderr, error } = spawnSync('promtool', args, options);
  if (error !== undefined) throw new Error(`run promtool: ${error.message}; install prometheus`);
  return status === 0 ? '' : `${stdout}${stderr}`;
}

describe('promtool', () => {
  it('takes the rules, and the configuration that names them', () => {
    expect(check(['check', 'config', 'prometheus.example.yml'])).toBe('');
    expect(check(['check', 'rules', '--lint-fatal', 'rules.yml'])).toBe('');
  });

  it('sees every alert fire while its condition lasts, and end with it', () => {
    expect(check(['test', 'rules', 'rules.test.yml'])).toBe('');
  });

  it('finds nothing to improve in names, units and help of the metrics', async () => {
    expect(check(['check', 'metrics'], await formatFamilies(listFamilies(fullInputs)))).toBe('');
  });
});
