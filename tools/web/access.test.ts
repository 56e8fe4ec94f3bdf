import { expect, it } from 'vitest';
import { openAccess } from './access.ts';

const token = 'a-token-of-some-length';

it.each([
  [`Bearer ${token}`, 'granted'],
  [`bearer   ${token}`, 'granted'],
  [undefined, 'missing'],
  ['', 'wrong'],
  ['Bearer ', 'wrong'],
  [token, 'wrong'],
  [`Bearer ${token}x`, 'wrong'],
  [`Bearer ${token.slice(0, -1)}`, 'wrong'],
  [`Bearer ${token} ${token}`, 'wrong'],
  [`Basic ${token}`, 'wrong'],
])('with a token set, takes %j as %s', (authorization, verdict) => {
  expect(openAccess(token, '0.0.0.0').judge({ authorization, host: 'lake.example' })).toBe(verdict);
});

it.each([
  ['127.0.0.1:8080', 'granted'],
  ['127.0.0.2', 'granted'],
  ['localhost:8080', 'granted'],
  ['LOCALHOST', 'granted'],
  ['[::1]:8080', 'granted'],
  ['evil.example:8080', 'foreign'],
  ['127.0.0.1.evil.example', 'foreign'],
  ['localhost.evil.example', 'foreign'],
  ['evil.example', 'foreign'],
  [undefined, 'foreign'],
])('without one, answers under the names of its own machine only: %j is %s', (host, verdict) => {
  expect(openAccess('', '127.0.0.1').judge({ host, authorization: undefined })).toBe(verdict);
});
