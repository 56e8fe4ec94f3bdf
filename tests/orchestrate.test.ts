// The orchestrator with its real services, as processes of their own, on the embedded exchange. The
// tests mostly wait, so they run side by side, each on a lake of its own.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { collectStatusSchema, readStatus } from '../lake/status.ts';
import { readHeartbeat } from '../tools/health/health.ts';
import type { Heartbeat } from '../tools/health/heartbeat.ts';
import { judgeHeartbeat } from '../tools/health/verdict.ts';
import { openSimulator } from '../tools/simulator/server.ts';

const program = join(import.meta.dirname, '..', 'main.ts');

type Finish = (callback: () => Promise<void>) => void;

/** A lake of its own, on an exchange of its own. */
async function openStack(onFinished: Finish, more: NodeJS.ProcessEnv = {}) {
  const root = await mkdtemp(join(tmpdir(), 'crypto-lake-stack-'));
  const exchange = await openSimulator({ symbols: ['BTCUSDT', 'ETHUSDT'] });
  onFinished(() => exchange.close());
  const env = {
    ...process.env,
    CRYPTO_LAKE_ROOT: root,
    CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: 'BTCUSDT,ETHUSDT',
    CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: exchange.wsUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: exchange.restUrl,
    CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: exchange.archiveUrl,
    CRYPTO_LAKE_COLLECTOR__ROTATE_SECONDS: '1',
    CRYPTO_LAKE_HEALTH__INTERVAL_SECONDS: '1',
    CRYPTO_LAKE_CLEANUP__DISK_ALERT_PERCENT: '100',
    CRYPTO_LAKE_WEB__ENABLED: 'false',
    CRYPTO_LAKE_TRANSFORMER__THREADS: '1',
    ...more,
  };

  function start() {
    const args = [program, '--mode', 'orchestrate'];
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    onFinished(async () => void child.kill('SIGKILL'));
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (chunk) => {
      stderr += chunk;
    });
    const ended = once(child, 'exit').then(([code]) => code as number | null);
    const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
      child.kill(signal);
      return ended;
    };
    return { pid: child.pid, ended, stop, readErrors: () => stderr };
  }

  function judgeHealth(): Promise<{ code: unknown; text: string }> {
    return new Promise((resolve) => {
      execFile(process.execPath, [program, '--mode', 'health'], { env }, (error, out, err) =>
        resolve({ code: error === null ? 0 : error.code, text: out + err }),
      );
    });
  }

  const untilHeartbeat = (matches: (heartbeat: Heartbeat) => boolean) =>
    until(async () => {
      const heartbeat = await readHeartbeat(root);
      return heartbeat !== undefined && matches(heartbeat) ? heartbeat : undefined;
    });
  const findCollector = () =>
    until(async () => (await readStatus(root, 'collect', collectStatusSchema))?.pid);
  const listFiles = (pattern: string) => globSync(pattern, { cwd: root });
  return { root, start, judgeHealth, untilHeartbeat, findCollector, listFiles };
}

async function until<T>(find: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 1200; i++) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error('waited in vain');
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

// Six lakes at once: on a busy machine that takes its time.
describe.concurrent('--mode orchestrate', { timeout: 120_000 }, () => {
  it('records, transforms and reports healthy, and on SIGTERM seals everything', async ({
    onTestFinished,
  }) => {
    const often = { CRYPTO_LAKE_TRANSFORMER__INTERVAL_MINUTES: '0.05' };
    const stack = await openStack(onTestFinished, often);
    const { root, start, judgeHealth, untilHeartbeat, listFiles } = stack;
    const orchestrator = start();
    const heartbeat = await untilHeartbeat(
      ({ parquet_rows, collector, status }) =>
        parquet_rows > 0 && collector !== null && status === 'healthy',
    );
    expect(heartbeat.problems).toEqual([]);
    expect(heartbeat.raw_files).toBeGreaterThan(0);
    expect(await judgeHealth()).toMatchObject({ code: 0 });
    expect(await orchestrator.stop()).toBe(0);
    expect(orchestrator.readErrors()).not.toMatch(/ error /);
    expect(listFiles('raw/**/*.open')).toEqual([]);
    expect(await judgeHealth()).toMatchObject({
      code: 1,
      text: expect.stringContaining('stopped as asked at 20'),
    });
    const log = await readFile(join(root, 'logs/qa/crypto-lake.log'), 'utf8');
    for (const service of ['orchestrate', 'collect', 'transform']) {
      expect(log).toMatch(new RegExp(`^\\S+ info ${service}: `, 'm'));
    }
    expect(listFiles('logs/qa/*')).toHaveLength(1);
  });

  it('starts a killed collector again, health says so, and no second orchestrator runs beside it', async ({
    onTestFinished,
  }) => {
    const stack = await openStack(onTestFinished);
    const { root, start, judgeHealth, untilHeartbeat, findCollector } = stack;
    const orchestrator = start();
    process.kill(await findCollector(), 'SIGKILL');
    const heartbeat = await untilHeartbeat(
      ({ services, problems }) =>
        services[0]?.restarts === 1 && problems[0]?.id === 'collect-restarts',
    );
    expect(heartbeat.problems[0]).toMatchObject({ severity: 'degraded' });
    expect(await judgeHealth()).toMatchObject({
      code: 0,
      text: expect.stringMatching(/^degraded: collect was restarted 1 time/),
    });
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.readErrors()).toContain(
      `take lock orchestrate of ${root}: held by process ${orchestrator.pid}`,
    );
    expect(await orchestrator.stop()).toBe(0);
    expect(orchestrator.readErrors()).toMatch(
      /warn orchestrate: collect was ended by SIGKILL after \d+ s; restart 1/,
    );
  });

  it('has children that stop by themselves, all sealed, when it is killed; the next takes over', async ({
    onTestFinished,
  }) => {
    const stack = await openStack(onTestFinished);
    const { root, start, judgeHealth, untilHeartbeat, findCollector, listFiles } = stack;
    const orchestrator = start();
    const pid = await findCollector();
    await orchestrator.stop('SIGKILL');
    await until(async () => !isAlive(pid) || undefined);
    expect(listFiles('raw/**/*.open')).toEqual([]);
    // The heartbeat grows old, whatever it said last.
    await until(async () => {
      const { isGood } = judgeHeartbeat(await readHeartbeat(root), Date.now(), 1000);
      return isGood ? undefined : true;
    });
    const text = expect.stringContaining('heartbeat has stopped');
    expect(await judgeHealth()).toMatchObject({ code: 1, text });
    const next = start();
    await untilHeartbeat(({ services }) => {
      const other = services.find(({ name }) => name === 'collect')?.pid;
      return typeof other === 'number' && other !== pid;
    });
    expect(await next.stop()).toBe(0);
    expect(next.readErrors()).not.toContain('in a row');
  });

  it('stops everything with 78 when a service refuses the configuration', async ({
    onTestFinished,
  }) => {
    const wrong = { CRYPTO_LAKE_EXCHANGES__BINANCE__CHANNELS: 'trade,trades' };
    const { start } = await openStack(onTestFinished, wrong);
    const orchestrator = start();
    expect(await orchestrator.ended).toBe(78);
    expect(orchestrator.readErrors()).toContain('exchanges.binance.channels: no channel "trades"');
    expect(orchestrator.readErrors()).toContain('collect refuses to start');
  });

  it('has the collector take symbols from a configuration that changed, on SIGHUP', async ({
    onTestFinished,
  }) => {
    const stack = await openStack(onTestFinished, {
      CRYPTO_LAKE_EXCHANGES__BINANCE__SYMBOLS: undefined,
      CRYPTO_LAKE_TRANSFORMER__INTERVAL_MINUTES: '0.05',
    });
    const configure = (symbols: string) =>
      writeFile(
        join(stack.root, 'config.yml'),
        `exchanges: { binance: { symbols: [${symbols}] } }\n`,
      );
    await configure('BTCUSDT');
    const orchestrator = stack.start();
    const pid = await stack.findCollector();
    await configure('BTCUSDT, ETHUSDT');
    process.kill(orchestrator.pid!, 'SIGHUP');
    await until(async () => stack.listFiles('raw/binance/ETHUSDT/*/part_*.jsonl')[0]);
    expect(await stack.findCollector()).toBe(pid);

    // A slip of the pen is refused, and stops neither the collector nor a job that starts after it.
    await configure('BTCUSDT], symbol: [');
    process.kill(orchestrator.pid!, 'SIGHUP');
    await until(
      async () => orchestrator.readErrors().includes('as it was stays in force') || undefined,
    );
    const refusedMs = Date.now();
    await stack.untilHeartbeat(({ transformer: { last_run } }) => {
      return last_run?.ok === true && Date.parse(last_run.started_at) > refusedMs;
    });
    expect(await stack.findCollector()).toBe(pid);

    // What no collector could start by is refused as well: it would end the lake at the next restart.
    const keptPath = join(stack.root, 'state/orchestrate/config.yml');
    const kept = await readFile(keptPath, 'utf8');
    await writeFile(join(stack.root, 'config.yml'), 'exchanges: { binnance: {} }\n');
    process.kill(orchestrator.pid!, 'SIGHUP');
    await until(
      async () => orchestrator.readErrors().includes('exchanges.binnance: no such') || undefined,
    );
    expect(await readFile(keptPath, 'utf8')).toBe(kept);
    expect(await orchestrator.stop()).toBe(0);
  });

  it('stops in order and ends with 1 where the collector dies again and again', async ({
    onTestFinished,
  }) => {
    const { root, start, untilHeartbeat, listFiles } = await openStack(onTestFinished);
    const orchestrator = start();
    const seen: number[] = [];
    for (let kill = 1; kill <= 4; kill++) {
      const { services } = await untilHeartbeat(({ services: [collect] }) => {
        const pid = collect?.pid;
        return typeof pid === 'number' && !seen.includes(pid) && isAlive(pid);
      });
      seen.push(services[0]!.pid!);
      process.kill(seen.at(-1)!, 'SIGKILL');
    }
    expect(await orchestrator.ended).toBe(1);
    expect(orchestrator.readErrors()).toContain('cascade: collect failed 4 times within an hour');
    const [report] = listFiles('health/cascade-*.md');
    expect(await readFile(join(root, report!), 'utf8')).toMatch(
      /^# Cascade of [\s\S]* memory: [\s\S]*## collect\n\n.*was ended by SIGKILL/,
    );
    const again = start();
    const heartbeat = await untilHeartbeat(({ services: [collect] }) => collect?.pid !== null);
    expect(heartbeat.problems).toContainEqual(expect.objectContaining({ id: 'cascade' }));
    expect(await again.stop()).toBe(0);
  });
});
