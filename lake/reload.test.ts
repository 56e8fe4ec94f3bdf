import { expect, it } from 'vitest';
import { parseConfig } from './config.ts';
import { ConfigError } from './errors.ts';
import { silentLog } from './log.ts';
import { openReload } from './reload.ts';

const parse = (text: string) => ({ config: parseConfig(text, {}), text });
const read = (root: string) => parse(`root: ${root}`);

function open(load: () => Promise<ReturnType<typeof read>>) {
  const errors: string[] = [];
  const log = { ...silentLog, error: (text: string) => void errors.push(text) };
  return { errors, ...openReload(load, log) };
}

it('hands a new configuration to its handlers', async () => {
  const roots: string[] = [];
  const { onReload, request } = open(async () => read('/new'));
  onReload(({ root }) => void roots.push(root));
  await request();
  expect(roots).toEqual(['/new']);
});

it('refuses a wrong configuration with every problem, and keeps the old one', async () => {
  const roots: string[] = [];
  const { onReload, request, errors } = open(async () => parse('root: 5\nweb: 1'));
  onReload(({ root }) => void roots.push(root));
  await request();
  expect(roots).toEqual([]);
  expect(errors).toEqual([
    expect.stringMatching(/2 problem.*\n.*root: .*\n.*web: .*\n.*as it was stays in force$/),
  ]);
});

it('refuses what a handler finds wrong', async () => {
  const { onReload, request, errors } = open(async () => read('/new'));
  onReload(() => {
    throw new ConfigError(['exchanges.kraken: no such exchange']);
  });
  await request();
  expect(errors).toEqual([expect.stringContaining('exchanges.kraken: no such exchange')]);
});

it('applies one at a time, and the last one where several were asked for meanwhile', async () => {
  const seen: string[] = [];
  let reads = 0;
  const { onReload, request } = open(async () => read(`/${++reads}`));
  onReload(async ({ root }) => {
    seen.push(`begin ${root}`);
    await new Promise((done) => setImmediate(done));
    seen.push(`end ${root}`);
  });
  await Promise.all([request(), request(), request()]);
  expect(seen).toEqual(['begin /1', 'end /1', 'begin /2', 'end /2']);
});

it('tells a handler that comes late what was read before it', async () => {
  const roots: string[] = [];
  const { onReload, request } = open(async () => read('/new'));
  await request();
  onReload(({ root }) => void roots.push(root));
  expect(roots).toEqual(['/new']);
});
