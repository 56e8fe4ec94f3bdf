import { expect, it } from 'vitest';
import { tellFailure } from './failure.ts';

const action = { verb: 'put', object: 's3://b/day' };

it('says what was tried, on what, why it failed and what to do', () => {
  const told = tellFailure('throttled', action, 'status 503: SlowDown\nsecond line');
  expect(told.message).toMatch(/^put s3:\/\/b\/day: status 503: SlowDown\n {2}the same is tried/);
  expect(told).toMatchObject({ failure: 'throttled', retryable: true });
});

it.each([
  'request to https://host/o?uploadType=resumable&upload_id=canary failed',
  'PUT with Authorization: Bearer canary was refused',
  'AWS4-HMAC-SHA256 Credential=canary, SignedHeaders=host, Signature=canary',
  '{"access_token":"canary"}',
  'header X-Amz-Security-Token: canary is not valid',
  'https://user:canary@host/b refused',
])('never repeats a credential: %s', (reason) => {
  expect(tellFailure('refused', action, reason).message).not.toContain('canary');
});
