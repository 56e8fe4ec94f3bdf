import { describe, expect, it } from 'vitest';
import { findConfigSecrets, findEnvironmentSecrets, findFileSecrets } from './find-secrets.ts';
import { redact } from './redact.ts';
import { keepSecrets, strikeAll } from './secrets.ts';

const webhook = 'https://hooks.example.com/services/T00000000/B00000000/CanaryCanaryCanary';
const config = {
  alerting: { webhook_url: webhook },
  web: { token: 'canary"web\\token' },
  exchanges: {
    venue: { ws_url: 'wss://a.example/ws?apple=canary-query, wss://u:canary%2Bpw@b/ws' },
  },
};
const environment = {
  AWS_SECRET_ACCESS_KEY: 'canary/aws+secret=',
  BINANCE_API_KEY: 'canary-api-key',
  DB_PASSWORD: 'canary-password',
  HTTPS_PROXY: 'http://lake:canary-proxy@proxy:3128',
  HOME: '/home/lake',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token',
  SHORT_TOKEN: 'abc',
};
const pem =
  '-----BEGIN PRIVATE KEY-----\\ncanaryFirstLine\\ncanarySecondLine\\n-----END PRIVATE KEY-----\\n';
const secrets = [
  ...findConfigSecrets(config),
  ...findEnvironmentSecrets(environment),
  ...findFileSecrets(`{ "client_email": "lake@example", "private_key": "${pem}" }`),
  ...findFileSecrets('[default]\naws_secret_access_key = canary-of-a-file\nregion = eu-west-1\n'),
].sort((a, b) => b.length - a.length);

describe('redact', () => {
  it.each([
    ['raw', 'canary/aws+secret='],
    ['percent-encoded', encodeURIComponent('canary/aws+secret=')],
    ['JSON-escaped', JSON.stringify(config.web.token)],
    ['as the path of the webhook alone', 'POST /services/T00000000/B00000000/CanaryCanaryCanary'],
    ['as the last piece of that path', 'no hook CanaryCanaryCanary'],
    ['as the password in a URL', 'connect wss://user:canary-elsewhere@example.com/stream'],
    ['as a password with an @ in it', 'connect wss://user:can@canary@example.com/stream'],
    ['as a user alone', 'get https://canary-token@example.com/x'],
    ['as the value in a query', 'open wss://a.example/ws: canary-query is unknown'],
    ['as a password that was decoded', 'login failed with canary+pw'],
    ['as the password of a proxy', 'CONNECT failed: lake:canary-proxy'],
    ['as the signature of an address', 'put https://b/o?X-Amz-Signature=canary0&x=1'],
    ['as the session of an upload', 'put https://b/o?uploadType=resumable&upload_id=canaryId'],
    ['as a line of a private key', 'bad base64: canarySecondLine'],
    ['as a private key', `key: ${pem.replaceAll('\\n', '\n')}`],
    ['as half a private key', 'key: -----BEGIN RSA PRIVATE KEY-----\ncanaryX'],
    ['as a bearer', 'header Authorization: Bearer canary.canary-canary'],
    ['of a credentials file', 'sign with canary-of-a-file'],
    ['as a text that is no JSON', 'Unexpected token \'c\', ..."y": "canaryQ"... is not valid JSON'],
  ])('strikes a secret out: %s', (_form, text) => {
    expect(redact(text, secrets)).not.toMatch(/canary/i);
  });

  it.each([
    'connect wss://stream.example.com:9443/abc from /home/lake',
    'wss://stream.example.com:9443/ws/btcusdt@trade?streams=ethusdt@trade/x',
    'read /var/run/token: ENOENT',
    'grant roles/storage.objectAdmin to lake@example in eu-west-1',
    'the token was refused, the key is missing',
  ])('leaves alone what is ordinary: %s', (text) => {
    expect(redact(text, secrets)).toBe(text);
  });
});

describe('strikeAll', () => {
  it('keeps the keys of a value, and strikes its texts, however deep', () => {
    keepSecrets(['problems', 'deep-canary']);
    const value = { problems: [{ what: 'deep-canary here', count: 2, since: null }] };
    expect(strikeAll(value)).toEqual({ problems: [{ what: '*** here', count: 2, since: null }] });
    const clean = { other: ['x'] };
    expect(strikeAll(clean)).toBe(clean);
  });
});
