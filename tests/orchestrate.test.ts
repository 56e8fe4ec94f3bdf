// The orchestrator with its real services, as processes of their own, on the embedded exchange.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { collectStatusSchema, readStatus } from '../lake/status.ts';
import { readHeartbeat } from '../tools/health/health.ts';
import type { Heartbeat } from '../tools/health/heartbeat.ts';
import { openSimulator, type Simulator } from '../tools/simulator/server.ts';

const program = join(import.meta.dirname, '..', 'main.ts');

let root: string;
let exchange: Simulator;
let environment: NodeJS.ProcessEnv;
let orchestrator: ChildProcess;
let stderr: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-stack-'));
  exchange = await openSimulator({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  environment = {
    ...process.env,
    CRYPTO_LAKE_ROOT: root,
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: 'BTCUSDT,ETHUSDT',
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: exchange.wsUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: exchange.restUrl,
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '1',
    CRYPTO_LAKE_TRANSFORMER__INTERVAL_MINUTES: '0.03',
    CRYPTO_LAKE_HEALTH__INTERVAL_SECONDS: '1',
    CRYPTO_LAKE_CLEANUP__DISK_ALERT_PERCENT: '100',
  };
});
afterEach(async () => {
  orchestrator.kill('SIGKILL');
  await exchange.close();
});

function start(more: NodeJS.ProcessEnv = {}): void {
  stderr = '';
  orchestrator = spawn(process.execPath, [program, '--mode', 'orchestrate'], {
    env: { ...environment, ...more },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  orchestrator.stderr!.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
}

async function stop(): Promise<number | null> {
  orchestrator.kill('SIGTERM');
  const [code] = await once(orchestrator, 'exit');
  return code;
}

async function judgeHealth(): Promise<{ code: unknown; text: string }> {
  return new Promise((resolve) => {
    const args = [program, '--mode', 'health'];
    execFile(process.execPath, args, { env: environment }, (error, out, err) =>
      resolve({ code: error === null ? 0 : error.code, text: out + err }),
    );
  });
}

async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 400; i++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`waited in vain; stderr: ${stderr}`);
}

const untilHeartbeat = (matches: (heartbeat: Heartbeat) => boolean) =>
  until(async () => {
    const heartbeat = await readHeartbeat(root);
    return heartbeat !== undefined && matches(heartbeat) ? heartbeat : undefined;
  });

const findCollector = () =>
  until(async () => (await readStatus(root, 'collect', collectStatusSchema))?.pid);

function listFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: root });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('--mode orchestrate', () => {
  it('records, transforms and reports healthy, and on SIGTERM seals everything', async () => {
    start();
    const heartbeat = await untilHeartbeat(
      ({ parquet_rows, collector }) => parquet_rows > 0 && collector !== null,
    );
    expect(heartbeat).toMatchObject({ status: 'healthy', problems: [] });
    expect(heartbeat.raw_files).toBeGreaterThan(0);
    expect(await judgeHealth()).toMatchObject({ code: 0 });
    expect(await stop()).toBe(0);
    expect(stderr).toBe('');
    expect(listFiles('raw/**/*.open')).toEqual([]);
    expect(await judgeHealth()).toMatchObject({
      code: 1,
      text: expect.stringContaining('collect is not running'),
    });
    const log = await readFile(join(root, 'logs/qa/crypto-lake.log'), 'utf8');
    for (const service of ['orchestrate', 'collect', 'transform']) {
      expect(log).toMatch(new RegExp(`^\\S+ info ${service}: `, 'm'));
    }
    expect(listFiles('logs/qa/*')).toHaveLength(1);
  });

  it('starts a killed collector again, and health says so without failing', async () => {
    start();
    const pid = await findCollector();
    process.kill(pid, 'SIGKILL');
    const heartbeat = await untilHeartbeat(
      ({ services }) => services[0]?.state === 'running' && services[0].restarts === 1,
    );
    expect(heartbeat.problems).toMatchObject([{ id: 'collect-restarts', severity: 'degraded' }]);
    expect(await judgeHealth()).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^degraded: collect was restarted 1 time/),
    });
    expect(await stop()).toBe(0);
    expect(stderr).toMatch(/warn orchestrate: collect was ended by SIGKILL after \d+ s; restart 1/);
  });

  it('has children that stop by themselves, all sealed, when it is killed', async () => {
    start();
    const pid = await findCollector();
    orchestrator.kill('SIGKILL');
    await until(async () => !isAlive(pid) || undefined);
    expect(listFiles('raw/**/*.open')).toEqual([]);
    // The heartbeat grows old, whatever it said last.
    const verdict = await until(async () => {
      const { code, text } = await judgeHealth();
      return code === 1 ? text : undefined;
    });
    expect(verdict).toContain('heartbeat has stopped');
  });

  it('stops everything with 78 when a service refuses the configuration', async () => {
    start({ CRYPTO_LAKE_EXCHANGES__BINANCE__CHANNELS: 'trade,trades' });
    const [code] = await once(orchestrator, 'exit');
    expect(code).toBe(78);
    expect(stderr).toContain('exchanges.binance.channels: no channel "trades"');
    expect(stderr).toContain('collect refuses to start');
  });

  it('runs once per lake, and says who runs already', async () => {
    start();
    await untilHeartbeat(() => true);
    const first = orchestrator;
    start();
    const [code] = await once(orchestrator, 'exit');
    expect(code).toBe(1);
    expect(stderr).toContain(`take lock orchestrate of ${root}: held by process ${first.pid}`);
    orchestrator = first;
    expect(await stop()).toBe(0);
  });
});
