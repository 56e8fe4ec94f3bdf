import { mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { configInForcePath } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { keepConfig, keepThen } from './config-in-force.ts';

const makeRoot = () => mkdtemp(join(tmpdir(), 'crypto-lake-in-force-'));
const config = parseConfig('', {});

it('keeps the text for its owner alone, and hands the copy to children', async () => {
  const root = await makeRoot();
  const path = await keepConfig(root, 'web: { port: 1 }\n', '/etc/config.yml', silentLog);
  expect(path).toBe(configInForcePath(root));
  expect(await readFile(path!, 'utf8')).toBe('web: { port: 1 }\n');
  expect((await stat(path!)).mode & 0o777).toBe(0o600);
});

it('hands the file itself to children where there can be no copy', async () => {
  const root = await makeRoot();
  await writeFile(join(root, 'state'), 'a file');
  expect(await keepConfig(root, '', '/etc/config.yml', silentLog)).toBe('/etc/config.yml');
});

it('keeps a new text before anybody is told to read it', async () => {
  const root = await makeRoot();
  const seen: string[] = [];
  const handler = async () => void seen.push(await readFile(configInForcePath(root), 'utf8'));
  await keepThen(root, handler, silentLog)(config, 'web: { port: 2 }\n');
  expect(seen).toEqual(['web: { port: 2 }\n']);
});

it('stays with the old configuration where the new one cannot be kept', async () => {
  const root = await makeRoot();
  await mkdir(dirname(configInForcePath(root)), { recursive: true });
  await mkdir(configInForcePath(root));
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => void errors.push(text) };
  const handler = () => expect.unreachable();
  await keepThen(root, handler, log)(config, '');
  expect(errors).toEqual([
    expect.stringMatching(/keep configuration .*; the one before stays in force$/),
  ]);
});
