import { mkdir, mkdtemp, readdir, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LogFailure, openLogFile } from './log-file.ts';

let directory: string;
let path: string;
const failures: { lines: readonly string[]; thrown: unknown }[] = [];
const onFailure: LogFailure = (lines, thrown) => failures.push({ lines, thrown });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crypto-lake-log-file-'));
  path = join(directory, 'x.log');
  failures.length = 0;
});

async function readLines(name: string): Promise<string[]> {
  const bytes = await readFile(join(directory, name));
  const text = name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  return text.toString('utf8').trimEnd().split('\n');
}

/** Writes lines `from`..`to`, each as a batch of its own, so that each may rotate. */
async function writeLines(from: number, to: number, maxBytes: number, maxFiles = 5) {
  for (let i = from; i < to; i++) {
    const file = openLogFile({ path, maxBytes, maxFiles, onFailure });
    file.write('info', `line ${i}`);
    await file.close();
  }
}

describe('openLogFile', () => {
  it('keeps every line through rotations, oldest in the highest number, all but one gzipped', async () => {
    await writeLines(0, 20, 30);
    expect((await readdir(directory)).sort()).toEqual([
      'x.log',
      'x.log.1.gz',
      'x.log.2.gz',
      'x.log.3.gz',
      'x.log.4.gz',
    ]);
    const inOrder = ['x.log.4.gz', 'x.log.3.gz', 'x.log.2.gz', 'x.log.1.gz', 'x.log'];
    const lines = (await Promise.all(inOrder.map(readLines))).flat();
    expect(lines).toEqual(Array.from({ length: 20 }, (_, i) => `line ${i}`));
    expect(failures).toEqual([]);
  });

  it('drops the oldest file beyond the number to keep', async () => {
    await writeLines(0, 20, 10, 3);
    expect((await readdir(directory)).sort()).toEqual(['x.log', 'x.log.1.gz', 'x.log.2.gz']);
    expect(await readLines('x.log')).toEqual(['line 18', 'line 19']);
  });

  it('goes on in the file of a former process', async () => {
    await writeLines(0, 1, 1000);
    await writeLines(1, 2, 1000);
    expect(await readLines('x.log')).toEqual(['line 0', 'line 1']);
  });

  it('keeps an archive that cannot be gzipped as it is, says so, and drops it in its turn', async () => {
    await mkdir(`${path}.1.gz.tmp`);
    await writeLines(0, 3, 10);
    expect(failures).toEqual([{ lines: [], thrown: expect.objectContaining({ code: 'EISDIR' }) }]);
    expect(await readLines('x.log.1')).toEqual(['line 0', 'line 1']);
    expect(await readLines('x.log')).toEqual(['line 2']);
  });

  it('hands back the lines it cannot write, and writes again once it can', async () => {
    const missing = join(directory, 'missing');
    const file = openLogFile({
      path: join(missing, 'x.log'),
      maxBytes: 1e6,
      maxFiles: 5,
      onFailure,
    });
    file.write('info', 'lost');
    await new Promise((resolve) => setImmediate(resolve));
    await file.close();
    expect(failures).toEqual([
      { lines: ['lost'], thrown: expect.objectContaining({ code: 'ENOENT' }) },
    ]);
    await mkdir(missing);
    file.write('info', 'kept');
    await file.close();
    expect(await readFile(join(missing, 'x.log'), 'utf8')).toBe('kept\n');
  });

  it('hands back lines instead of queueing without bound', async () => {
    const file = openLogFile({ path, maxBytes: 1e9, maxFiles: 5, onFailure });
    for (let i = 0; i < 50_000; i++) file.write('info', `line ${i}`);
    const handedBack = failures.flatMap(({ lines }) => lines);
    await file.close();
    const written = await readLines('x.log');
    expect(handedBack.length).toBeGreaterThan(0);
    expect(new Set([...handedBack, ...written]).size).toBe(50_000);
    expect((await stat(path)).size).toBeGreaterThan(0);
  });
});
