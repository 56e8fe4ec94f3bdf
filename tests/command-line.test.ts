import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { modes } from '../modes.ts';

const program = join(import.meta.dirname, '..', 'main.ts');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-main-'));
});

type Ended = { code: number | string | null; stdout: string; stderr: string };

function run(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const options = { cwd: root, env: { ...process.env, ...environment } };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? null), stdout, stderr }),
    );
  });
}

describe('main.ts', () => {
  it('shows every mode in its help', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const mode of Object.keys(modes))
      expect(stdout).toMatch(new RegExp(`^ {2}${mode} +\\w`, 'm'));
  });

  it('shows its version', async () => {
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: 'crypto-lake 0.1.0\n' });
  });

  it.each([
    ['no mode', [], /--mode MODE is missing/],
    ['a mode that does not exist', ['--mode', 'colect'], /no mode "colect"; there are .*collect/],
    ['an option that does not exist', ['--mode', 'health', '--foo'], /--foo/],
    [
      'an option of another mode',
      ['--mode', 'cleanup', '--symbol', 'BTCUSDT'],
      /cleanup takes no --symbol, only transform, backfill, reconcile, verify/,
    ],
    ['an argument no mode takes', ['--mode', 'check', 'now'], /check takes no argument, got "now"/],
  ])('ends with 2 for %s', async (_title, args, text) => {
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });

  it('ends with 78 for a wrong configuration, with every problem and before doing anything', async () => {
    await writeFile(join(root, 'lake.yml'), 'root: 5\ncolector: {}\n');
    const args = ['--mode', 'collect', '--config', 'lake.yml'];
    const { code, stderr } = await run(args, { CRYPTO_LAKE_WEB__PORT: 'high' });
    expect(code).toBe(78);
    expect(stderr).toContain('root: expected string');
    expect(stderr).toContain('colector: no such key; did you mean "collector"?');
    expect(stderr).toContain('got "high" from CRYPTO_LAKE_WEB__PORT');
    expect(await readdir(root)).toEqual(['lake.yml']);
  });

  it('says what to do, without a stack, where the root cannot be written', async () => {
    await writeFile(join(root, 'file'), '');
    const { code, stderr } = await run(['--mode', 'transform', '--root', 'file/lake']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^crypto-lake: open log .*: ENOTDIR.*\n {2}make .* writable .*--root/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  it('makes nothing on disk for a command that only looks', async () => {
    const { code, stderr } = await run(['--mode', 'health', '--root', join(root, 'lake')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^crypto-lake: judge health of .*: no heartbeat: .*; start --mode orch/);
    expect(await readdir(root)).toEqual([]);
  });

  it('writes the reason of a failure into the log file, too', async () => {
    const args = ['--mode', 'transform', '--root', root, '--date', 'yesterday'];
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    const log = await readFile(join(root, 'logs', 'qa', 'crypto-lake.log'), 'utf8');
    for (const text of [stderr, log]) expect(text).toMatch(/error transform: .*"yesterday" is no/);
  });

  it('writes the stack of a crash into the log file, and ends with 1', async () => {
    const path = join(root, 'logs', 'qa', 'crypto-lake.log');
    const bug = `import { existsSync } from 'node:fs';
      setInterval(() => { if (existsSync('${path}')) throw new Error('a bug'); }, 20);`;
    const { code } = await run(['--mode', 'collect', '--root', root], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}`,
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: 'ws://127.0.0.1:1',
    });
    expect(code).toBe(1);
    expect(await readFile(path, 'utf8')).toMatch(/error collect: crash: Error: a bug\n +at /);
  });

  it('goes on with the old configuration where the one read on SIGHUP is wrong', async () => {
    await writeFile(join(root, 'config.yml'), 'root: lake\nexchanges: { binance: {} }\n');
    const log = join(root, 'lake/logs/qa/crypto-lake.log');
    const env = { ...process.env, CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: 'ws://127.0.0.1:1' };
    const child = spawn(process.execPath, [program, '--mode', 'collect'], { cwd: root, env });
    const ended = once(child, 'exit');
    const untilLogged = (text: string) =>
      vi.waitFor(async () => expect(await readFile(log, 'utf8')).toContain(text), 10_000);
    await untilLogged('collect: started');
    await writeFile(join(root, 'config.yml'), 'root: lake\ncollector: { rotate_second: 5 }\n');
    child.kill('SIGHUP');
    await untilLogged('did you mean "collector.rotate_seconds"');
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await untilLogged('collect: stopped');
  });

  it('ends as asked where SIGTERM comes while it is loading: nothing else ends a container', async () => {
    const early = `process.on('newListener', (name) => name === 'SIGHUP' &&
      process.nextTick(() => process.kill(process.pid, 'SIGTERM')));`;
    const { code } = await run(['--mode', 'collect', '--root', root], {
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(early)}`,
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: 'ws://127.0.0.1:1',
    });
    expect(code).toBe(0);
  });

  it('does not stay where its parent has gone before it could listen', async () => {
    const args = ['--mode', 'collect', '--root', root];
    const ws = { CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: 'ws://127.0.0.1:1' };
    const env = { ...process.env, ...ws, LOG_TO_PARENT: '1' };
    const child = fork(program, args, { env, stdio: 'ignore' });
    child.disconnect();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('reads config.yml of the working folder where no other is named', async () => {
    await writeFile(join(root, 'config.yml'), 'exchanges: { kraken: {} }\nroot: lake\n');
    const { code, stderr } = await run(['--mode', 'check']);
    expect(code).toBe(78);
    expect(stderr).toContain('exchanges.kraken: no such exchange; there are binance');
  });

  it('never prints a secret of its configuration', async () => {
    const secrets = {
      CRYPTO_LAKE_WEB__TOKEN: 'canary-token',
      CRYPTO_LAKE_ALERTING__WEBHOOK_URL: 'https://example.com/canary-webhook',
      CRYPTO_LAKE_EXCHANGES__BINANCE__WS_URL: 'ws://127.0.0.1:1/?key=canary-key',
      CRYPTO_LAKE_EXCHANGES__BINANCE__REST_URL: 'http://127.0.0.1:1/?key=canary-key',
      CRYPTO_LAKE_EXCHANGES__BINANCE__ARCHIVE_URL: 'http://127.0.0.1:1/?key=canary-key',
      LOG_LEVEL: 'debug',
    };
    const { stdout, stderr } = await run(['--mode', 'check', '--root', root], secrets);
    expect(stdout).toContain('ws://127.0.0.1:1/?key=***');
    expect(stdout + stderr).not.toContain('canary');
    const failed = await run(['--mode', 'health', '--root', join(root, 'canary-token')], secrets);
    expect(failed.stderr).toMatch(/^crypto-lake: judge health of .*\/\*\*\*: no heartbeat/);
  });
});
