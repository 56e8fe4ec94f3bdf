import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { measureFile } from './local-file.ts';
import { measurePartedEtag, planPartBytes } from './s3-etag.ts';

const folder = await mkdtemp(join(tmpdir(), 'crypto-lake-local-file-'));
const path = join(folder, 'file');

it('measures what md5sum does, and the check value of CRC-32', async () => {
  const content = Buffer.alloc(1_000_003, 'frames');
  await writeFile(path, content);
  const [md5] = execFileSync('md5sum', [path], { encoding: 'utf8' }).split(' ');
  expect(await measureFile(path)).toMatchObject({ path, bytes: 1_000_003, md5 });
  await writeFile(path, '123456789');
  expect((await measureFile(path)).crc32).toBe(Buffer.from('cbf43926', 'hex').toString('base64'));
});

// By `split --bytes=10 --filter='md5sum | cut -c1-32' FILE | xxd -r -p | md5sum`.
it.each([
  [0, '59adb24ef3cdbe0297f05b395827453f-1'],
  [10, 'cb8d7289925309a05b2db09b7709c264-1'],
  [20, '56afb9ce4f71fce0ddfc885b90d2babe-2'],
  [25, 'a5efa24f1c68f88721badcd428f3657a-3'],
])('measures the ETag of %d bytes in parts of 10 as S3 does', async (bytes, etag) => {
  await writeFile(path, Buffer.alloc(bytes, 'x'));
  const file = await measureFile(path);
  expect(await measurePartedEtag(file, 10, new AbortController().signal)).toBe(etag);
});

it('makes no more parts than S3 takes', () => {
  expect(planPartBytes(1, 8)).toBe(8);
  expect(Math.ceil(5e12 / planPartBytes(5e12, 8))).toBeLessThanOrEqual(10_000);
});
