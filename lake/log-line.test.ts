import { describe, expect, it } from 'vitest';
import { findSecrets, formatLogLine, redact } from './log-line.ts';

const webhook = 'https://hooks.example.com/services/T00000000/B00000000/CanaryCanaryCanary';
const config = { alerting: { webhook_url: webhook }, web: { token: 'canary"web\\token' } };
const environment = {
  AWS_SECRET_ACCESS_KEY: 'canary/aws+secret=',
  BINANCE_API_KEY: 'canary-api-key',
  DB_PASSWORD: 'canary-password',
  HOME: '/home/lake',
  SHORT_TOKEN: 'abc',
};
const secrets = findSecrets(config, environment);
const entry = {
  timeMs: 1_763_510_400_123,
  level: 'warn',
  service: 'collect',
  message: 'm',
} as const;

describe('formatLogLine', () => {
  it('puts time, level, service, message and fields on one line', () => {
    const fields = { symbol: 'BTCUSDT', count: 12n, reason: new Error('no space left') };
    expect(formatLogLine(entry, fields, [])).toBe(
      '2025-11-19T00:00:00.123Z warn collect: m {"symbol":"BTCUSDT","count":"12","reason":"no space left"}',
    );
  });

  it('strikes secrets out of message and fields, however deep', () => {
    const fields = { request: { headers: [{ key: 'canary-api-key' }] }, token: config.web.token };
    const line = formatLogLine({ ...entry, message: `post ${webhook}: 500` }, fields, secrets);
    expect(line).not.toMatch(/canary/i);
    expect(line).toContain('post ***: 500');
  });
});

describe('redact', () => {
  it.each([
    ['raw', 'canary/aws+secret='],
    ['percent-encoded', encodeURIComponent('canary/aws+secret=')],
    ['JSON-escaped', JSON.stringify(config.web.token)],
    ['as the path of the webhook alone', 'POST /services/T00000000/B00000000/CanaryCanaryCanary'],
    ['as the password in a URL', 'connect wss://user:canary-elsewhere@example.com/stream'],
  ])('strikes a secret out: %s', (_form, text) => {
    expect(redact(text, secrets)).not.toMatch(/canary/i);
  });

  it('leaves ordinary words, hosts with ports and short values alone', () => {
    const text = 'connect wss://stream.example.com:9443/abc from /home/lake';
    expect(redact(text, secrets)).toBe(text);
  });
});
