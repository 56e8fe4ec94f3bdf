import { expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { planServices } from './service-table.ts';
import { formatStart } from './start-notice.ts';

it('says what runs, when, and where to look', () => {
  const config = parseConfig('root: /lake\nexchanges: { binance: { symbols: [A, B] } }', {});
  const text = formatStart(config, planServices(config, { isTest: true }), {});
  expect(text).toContain('recording 2 symbols of binance into /lake');
  expect(text).toContain(
    'collect, transform (every 2 min), backfill (at 30 4 * * * UTC, after transform)',
  );
  expect(text).toContain('http://127.0.0.1:8080');
  expect(text).toContain('/lake/health/health.md');
});

it('suggests commands that ask this very lake', () => {
  const config = parseConfig('root: /lake', {});
  const text = formatStart(config, [], { config: 'own.yml', root: '/other' });
  expect(text).toContain('--mode health --config own.yml --root /other, ');
  expect(text).toContain('--mode query --config own.yml --root /other "SELECT');
});
