import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { appendLineDurably, readTextIfPresent, writeFileDurably } from './durable.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'crypto-lake-durable-'));
});

describe('writeFileDurably', () => {
  it('makes the folder, replaces the file, and leaves nothing else behind', async () => {
    const path = join(directory, 'a', 'b.json');
    await writeFileDurably(path, 'old, and longer');
    await writeFileDurably(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(join(directory, 'a'))).toEqual(['b.json']);
  });

  it('never shows a reader half a file', async () => {
    const path = join(directory, 'x.json');
    const texts = ['a'.repeat(200_000), 'b'.repeat(100_000)];
    await writeFileDurably(path, texts[0]!);
    let writing = true;
    const written = (async () => {
      for (let i = 0; i < 40; i++) await writeFileDurably(path, texts[i % 2]!);
      writing = false;
    })();
    while (writing) expect(texts).toContain(await readFile(path, 'utf8'));
    await written;
  });

  it('keeps both of two writers of the same process apart', async () => {
    const path = join(directory, 'x.json');
    const texts = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(texts.map((text) => writeFileDurably(path, text)));
    expect(texts).toContain(await readFile(path, 'utf8'));
    expect(await readdir(directory)).toEqual(['x.json']);
  });

  it('leaves the file as it was, and no other, when the new one cannot take its place', async () => {
    const path = join(directory, 'x.json');
    await mkdir(join(path, 'in-the-way'), { recursive: true });
    await expect(writeFileDurably(path, 'new')).rejects.toThrow();
    expect(await readdir(directory)).toEqual(['x.json']);
  });
});

describe('appendLineDurably', () => {
  it('adds a line to what is there', async () => {
    const path = join(directory, 'a', 'manifest.jsonl');
    await appendLineDurably(path, '1');
    await appendLineDurably(path, '2');
    expect(await readFile(path, 'utf8')).toBe('1\n2\n');
  });

  it('never joins its line to one that a crash has torn', async () => {
    const path = join(directory, 'manifest.jsonl');
    await writeFile(path, '{"part":"part_0001');
    await appendLineDurably(path, '{"part":"part_0002"}');
    expect((await readFile(path, 'utf8')).split('\n')).toContain('{"part":"part_0002"}');
  });
});

describe('readTextIfPresent', () => {
  it('is undefined for a missing file, and fails for any other reason', async () => {
    expect(await readTextIfPresent(join(directory, 'missing'))).toBeUndefined();
    await expect(readTextIfPresent(directory)).rejects.toThrow('EISDIR');
  });
});
