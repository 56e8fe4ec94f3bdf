// The demo as a person runs it: one process started, everything else follows from it. Only with
// LAKE_TEST_DEMO_PAST it also fetches the day before, which takes a while.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collectStatusSchema, readStatus, webStatusSchema } from '../lake/status.ts';
import { formatFamilies } from '../tools/metrics/exposition.ts';
import { listFamilies } from '../tools/metrics/families.ts';
import { listExposed, parseExposition } from './exposition.ts';
import { fullInputs } from './metric-inputs.ts';

const hasPast = process.env.LAKE_TEST_DEMO_PAST === '1';
const program = join(import.meta.dirname, '..', 'main.ts');

const makeRoot = () => mkdtemp(join(tmpdir(), 'crypto-lake-demo-test-'));

function start(root: string, ...args: string[]): ChildProcess {
  const environment = {
    ...process.env,
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: 'BTCUSDT,ETHUSDT,SOLUSDT',
  };
  return spawn(process.execPath, [program, '--mode', 'demo', '--root', root, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 1200; i++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error('waited in vain');
}

const expected = parseExposition(await formatFamilies(listFamilies(fullInputs)));
/** Metrics of what has not happened to a lake that is seconds old. */
const eventual =
  /^crypto_lake_(reconcile|upload|completeness|connections_lost|disk_full|clock|trade_latency_\w+_seconds)/;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

// Side by side: they mostly wait. On a busy machine whole lakes take their time.
describe.concurrent('--mode demo', { timeout: 120_000 }, () => {
  it('shows bars while it runs, and ends with every trade sent in the lake', async () => {
    const root = await makeRoot();
    const demo = start(root, '--history', '0');
    let stdout = '';
    demo.stdout!.setEncoding('utf8').on('data', (chunk) => {
      stdout += chunk;
      if (!demo.killed && /BTCUSDT.*SOLUSDT/s.test(stdout)) demo.kill('SIGINT');
    });
    const [stderr, [code]] = await Promise.all([text(demo.stderr!), once(demo, 'close')]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n')[0]).toBe(`root: ${root}`);
    expect(stdout).toMatch(/the first bars, by SQL:\n.*BTCUSDT.*ETHUSDT.*SOLUSDT/s);
    expect(stdout).toMatch(/\nall +\d+ +\d+ {2}equal\n/);
    expect(stdout).toMatch(/^dashboard: http:\/\/127\.0\.0\.1:\d+$/m);
    expect(stdout).not.toContain('DIFFERENT');
    expect(globSync('raw/**/*.open', { cwd: root })).toEqual([]);
  });

  it('shows health and every metric there should be, and leaves nothing running when it is killed', async () => {
    const root = await makeRoot();
    const demo = start(root, '--history', '0');
    const pid = await until(
      async () => (await readStatus(root, 'collect', collectStatusSchema))?.pid,
    );
    const { url } = await until(() => readStatus(root, 'web', webStatusSchema));
    const fetchText = async (path: string) => (await fetch(`${url}${path}`)).text();
    await until(async () => JSON.parse(await fetchText('/health')).heartbeat ?? undefined);
    let missing: string[] = [];
    const metrics = await until(async () => {
      const text = await fetchText('/metrics');
      const there = listExposed(text);
      missing = Object.keys(expected).filter((name) => !there.includes(name));
      return missing.every((name) => eventual.test(name)) ? text : undefined;
    }).catch(() => expect.fail(`there are no ${missing.join(', ')}`));
    // So many questions have used up what one address may ask.
    await until(async () => (await fetchText('/')).includes('<title>Chart') || undefined);
    for (const [name, exposed] of Object.entries(parseExposition(metrics))) {
      if (missing.includes(name)) exposed.labels = expected[name]!.labels;
      expect([name, exposed]).toEqual([name, expected[name]]);
    }
    demo.kill('SIGKILL');
    await until(async () => !isAlive(pid) || undefined);
    expect(globSync('raw/**/*.open', { cwd: root })).toEqual([]);
  });

  it.runIf(hasPast)(
    'fetches the day before while it runs, without a hole',
    async () => {
      const root = await makeRoot();
      const demo = start(root);
      let stdout = '';
      demo.stdout!.setEncoding('utf8').on('data', (chunk) => {
        stdout += chunk;
        if (!demo.killed && /^history: /m.test(stdout)) demo.kill('SIGINT');
      });
      demo.stderr!.resume();
      const [code] = await once(demo, 'close');
      expect(code).toBe(0);
      expect(stdout).toMatch(/^history: 2[-0-9]+ of BTCUSDT and ETHUSDT, from the archive$/m);
      expect(stdout).not.toContain('DIFFERENT');
      for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
        const [manifest] = globSync(`parquet/binance/${symbol}/*/*/*/*.json`, { cwd: root }).sort();
        const { rows, missing_trade_ids } = JSON.parse(
          await readFile(join(root, manifest!), 'utf8'),
        );
        expect([rows, missing_trade_ids]).toEqual([86_400, []]);
      }
    },
    280_000,
  );

  it('does not touch a lake that is no demo', async () => {
    const root = await makeRoot();
    await mkdir(join(root, 'raw'));
    const demo = start(root, '--seconds', '5');
    const [stderr, [code]] = await Promise.all([text(demo.stderr!), once(demo, 'exit')]);
    expect(code).toBe(1);
    expect(stderr).toContain('give an empty folder with --root');
    expect(globSync('*', { cwd: root })).toEqual(['raw']);
  });
});
