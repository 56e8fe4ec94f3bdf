// The lake of a real session, collected from the embedded exchange, verified as a person does it: with
// LAKE_TEST_REPAIRS=all, for each of its steps is the matter of tools/verify.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { openSimulator } from '../tools/simulator/server.ts';
import { flipBit } from './described-lake.ts';

const program = join(import.meta.dirname, '..', 'main.ts');

type Ended = { code: unknown; stdout: string; stderr: string };

function run(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

/** Collects until two parts of the symbol are sealed. */
async function collect(env: NodeJS.ProcessEnv, root: string): Promise<void> {
  const collector = spawn(process.execPath, [program, '--mode', 'collect'], { env });
  const ended = once(collector, 'exit');
  const sealed = () => globSync('raw/*/BTCUSDT/*/part_*.jsonl', { cwd: root }).length;
  for (let i = 0; i < 600 && sealed() < 2; i++) await sleep(50);
  collector.kill('SIGTERM');
  expect((await ended)[0]).toBe(0);
}

const isWanted = process.env.LAKE_TEST_REPAIRS === 'all';

it.runIf(isWanted)(
  'is told damaged, repaired, and proven equal to its parts',
  async ({ onTestFinished }) => {
    const root = await mkdtemp(join(tmpdir(), 'crypto-lake-verify-'));
    const exchange = await openSimulator({ symbols: ['BTCUSDT'] });
    onTestFinished(() => exchange.close());
    const env = {
      ...process.env,
      CRYPTO_LAKE_ROOT: root,
      CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: 'BTCUSDT',
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: exchange.wsUrl,
      CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: exchange.restUrl,
      CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '1',
      CRYPTO_LAKE_CLEANUP__DISK_ALERT_PERCENT: '100',
    };
    await collect(env, root);
    expect(await run(env, '--mode', 'transform')).toMatchObject({ code: 0 });

    const [bars] = globSync('parquet/**/bars_1s.parquet', { cwd: root });
    const whole = await readFile(join(root, bars!));
    await flipBit(join(root, bars!), 400);
    const damaged = await run(env, '--mode', 'verify', '--report', join(root, 'report.md'));
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toMatch(/wrong .* parquet-checksum.* --mode verify --repair --exchange/);
    expect(damaged.stderr).toMatch(/^crypto-lake: verify \S+: 1 of [12] days are wrong\n {2}see /);
    const report = await readFile(join(root, 'report.md'), 'utf8');
    expect(report).toMatch(/- wrong \(parquet-checksum\): bars_1s: sha256 of the file is \w{64}/);

    const repaired = await run(env, '--mode', 'verify', '--repair');
    expect(repaired.code).toBe(0);
    expect(repaired.stdout).toMatch(
      /^binance +BTCUSDT +\S+ +(ok|incomplete) +[\d.]+ +100\.000 +equal/m,
    );
    expect(repaired.stderr).toMatch(/repair binance\/BTCUSDT \S+: .*parquet-checksum/);
    expect(await readFile(join(root, bars!))).toEqual(whole);
  },
);
