import { access, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { receiveObject } from './received-file.ts';

it('an object that has no end fills no disk', async () => {
  const path = join(await mkdtemp(join(tmpdir(), 'crypto-lake-received-')), 'file');
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (sent < 1000) {
      sent++;
      yield Buffer.alloc(1000);
    }
  }
  const object = { key: 'a', bytes: 2500, version: '1', md5: undefined, crc32: undefined };
  const action = { verb: 'get', object: 'file:///store/a' };
  await expect(receiveObject(object, path, endless(), action)).rejects.toThrow('is longer than');
  expect(sent).toBe(3);
  await expect(access(path)).rejects.toThrow('ENOENT');
});
