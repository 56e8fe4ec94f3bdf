import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { parseConfig } from './config.ts';
import { loadConfig } from './config-file.ts';
import { listKeys } from './config-key.ts';

const shippedPath = new URL('../config.yml', import.meta.url).pathname;

describe('config.yml', () => {
  it('holds exactly the defaults', async () => {
    const { config } = await loadConfig(shippedPath, {});
    expect(config).toEqual(parseConfig('', {}));
  });

  it('lists every key there is', async () => {
    const document = parseDocument(await readFile(shippedPath, 'utf8'));
    const keys = listKeys().map((path) => path.map((key) => (key === '*' ? 'binance' : key)));
    expect(keys.length).toBeGreaterThan(35);
    expect(keys.filter((path) => !document.hasIn(path))).toEqual([]);
  });

  it('explains every key in a comment', async () => {
    const lines = (await readFile(shippedPath, 'utf8')).split('\n');
    const isKey = /^ *[a-z0-9_]+:/;
    const explained = (index: number) => /^ *#/.test(lines[index - 1] ?? '');
    // A section is explained by its keys.
    const isSection = (index: number) =>
      lines[index]!.endsWith(':') && !/_url:$/.test(lines[index]!);
    const bare = lines.filter((line, i) => isKey.test(line) && !explained(i) && !isSection(i));
    expect(bare).toEqual([]);
  });
});

describe('loadConfig', () => {
  it('fails as a configuration problem where the file named cannot be read', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'crypto-lake-config-')), 'missing.yml');
    await expect(loadConfig(path, {})).rejects.toThrow(
      /problem\(s\)\n {2}.*missing\.yml: cannot be/,
    );
  });
});
