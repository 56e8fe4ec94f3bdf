import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../lake/config-file.ts';
import { programConfigPath } from '../program/program.ts';
import { openDemoRoot, writeDemoConfig } from './demo-root.ts';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'crypto-lake-demo-root-'));
});

const venue = {
  wsUrl: 'ws://127.0.0.1:1',
  restUrl: 'http://127.0.0.1:1',
  archiveUrl: 'http://127.0.0.1:2',
  symbols: ['BTCUSDT'],
};

describe('openDemoRoot', () => {
  it('makes the folder, and takes it again for the next demo', async () => {
    const root = join(parent, 'a', 'b');
    expect(await openDemoRoot(root)).toBe(root);
    await writeDemoConfig(root, venue);
    await mkdir(join(root, 'raw'));
    expect(await openDemoRoot(root)).toBe(root);
  });

  it('refuses a lake that is no demo', async () => {
    await mkdir(join(parent, 'raw'));
    await expect(openDemoRoot(parent)).rejects.toThrow(/no demo's\n {2}give an empty folder/);
  });

  it('makes a temporary folder where none is given', async () => {
    const [one, other] = [await openDemoRoot(undefined), await openDemoRoot(undefined)];
    expect(one).not.toBe(other);
    expect(one.startsWith(tmpdir())).toBe(true);
  });
});

it('writes a configuration that is valid and names the embedded exchange', async () => {
  await writeDemoConfig(parent, venue);
  const { config } = await loadConfig(programConfigPath(parent), {});
  expect(config.root).toBe(parent);
  expect(config.exchanges.binance).toMatchObject({
    ws_url: venue.wsUrl,
    rest_url: venue.restUrl,
    archive_url: venue.archiveUrl,
  });
  expect(config.collector.rotate_seconds).toBe(5);
});
