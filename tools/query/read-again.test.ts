import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { livePath } from '../../lake/layout.ts';
import { readAgain } from './read-again.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'lake-'));
  await replace();
});
afterAll(() => rm(root, { recursive: true }));

const path = () => livePath(root, 'trades', { exchange: 'binance', symbol: 'BTCUSDT' }, 'open');

async function replace(): Promise<void> {
  await mkdir(dirname(path()), { recursive: true });
  await writeFile(`${path()}.staged`, '');
  await rename(`${path()}.staged`, path());
}

/** Fails the first times, each time after a file was replaced. */
function failing(times: number) {
  const read = async () => {
    read.calls += 1;
    if (read.calls > times) return 'rows';
    await replace();
    throw new Error(`failure ${read.calls}`);
  };
  read.calls = 0;
  return read;
}

describe('a read that fails', () => {
  it('is tried again where a file of the tail was replaced meanwhile', async () => {
    expect(await readAgain(root, failing(4))).toBe('rows');
  });

  it('fails where none was, and says why', async () => {
    let calls = 0;
    const read = async () => {
      calls += 1;
      throw new Error('no such column');
    };
    await expect(readAgain(root, read)).rejects.toThrow('no such column');
    expect(calls).toBe(1);
  });

  it('fails at last where files are replaced all the time', async () => {
    await expect(readAgain(root, failing(9))).rejects.toThrow('failure 5');
  });

  it('is not tried again where it has taken long: what fails by itself is told of in time', async () => {
    let nowMs = 0;
    const read = async () => {
      nowMs += 6000;
      await replace();
      throw new Error(`out of memory at ${nowMs}`);
    };
    const failed = readAgain(
      root,
      read,
      () => true,
      () => nowMs,
    );
    await expect(failed).rejects.toThrow('out of memory at 12000');
  });

  it('is not tried again for somebody who has left', async () => {
    const read = failing(2);
    await expect(readAgain(root, read, () => false)).rejects.toThrow('failure 1');
  });
});
