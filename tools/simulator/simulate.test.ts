// The mode as a user starts it: a process of its own.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openClient } from './test-client.ts';

const main = join(import.meta.dirname, '..', '..', 'main.ts');
let folder: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simulate-'));
});

afterEach(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

function start(...options: string[]) {
  const args = [main, '--mode', 'simulate', '--root', folder, ...options];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder });
}

describe('--mode simulate', () => {
  it('says where it listens, serves, and ends with 0 on SIGTERM', async () => {
    const simulate = start('--seed', '7', '--speed', '10');
    child = simulate;
    const [line] = await once(simulate.stdout, 'data');
    const [, wsUrl, restUrl] = /^listening: (\S+) (\S+)\n$/.exec(String(line)) ?? [];
    const client = await openClient(`${wsUrl}/stream?streams=btcusdt@trade`);
    expect(await client.takeJson()).toMatchObject({ stream: 'btcusdt@trade' });
    expect((await fetch(`${restUrl}/api/v3/ping`)).status).toBe(200);
    const exit = once(simulate, 'exit');
    simulate.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  it.each([
    [2, '--speed must be a number', ['--speed', 'fast']],
    [2, '--history must be 0 to 365 days', ['--history', '1.5']],
    [1, 'read recording /no/such.gz: ENOENT', ['--replay', '/no/such.gz']],
  ])('ends with %i where it has to say "%s"', async (code, message, options) => {
    const simulate = start(...options);
    child = simulate;
    const [stderr, [exitCode]] = await Promise.all([text(simulate.stderr), once(simulate, 'exit')]);
    expect(stderr).toContain(message);
    expect(exitCode).toBe(code);
  });
});
