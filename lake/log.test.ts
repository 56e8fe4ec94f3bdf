import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { openLog } from './log.ts';
import { keepSecrets } from './secrets.ts';

const run = promisify(execFile);
const logModule = JSON.stringify(new URL('./log.ts', import.meta.url).href);

let root: string;
let directory: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-log-'));
  directory = join(root, 'logs', 'qa');
});

const open = (more: Partial<Parameters<typeof openLog>[0]> = {}) =>
  openLog({ root, service: 'collect', target: 'file', ...more });

async function readLines(name = 'crypto-lake.log'): Promise<string[]> {
  return (await readFile(join(directory, name), 'utf8')).trimEnd().split('\n');
}

/** Runs a program that has opened `log`, and gives back what it wrote to stderr. */
async function runWithLog(body: string, environment: NodeJS.ProcessEnv = {}): Promise<string> {
  const program = `import { openLog } from ${logModule};
    const log = await openLog(${JSON.stringify({ root, service: 'test', target: 'file' })});
    ${body}`;
  const args = ['--input-type=module', '--eval', program];
  const { stderr } = await run(process.execPath, args, { env: { ...process.env, ...environment } });
  return stderr;
}

describe('openLog', () => {
  it('has every line in the file when close resolves, even if all came in one turn', async () => {
    const log = await open();
    for (let i = 0; i < 5000; i++) log.debug(`line ${i}`);
    await log.close();
    const lines = await readLines();
    expect(lines).toHaveLength(5000);
    expect(lines[4999]).toMatch(/ debug collect: line 4999$/);
  });

  it('shows warnings and errors on the console, and everything in the file', async () => {
    const stderr = await runWithLog(
      `for (const level of ['debug', 'info', 'warn', 'error']) log[level](level); await log.close();`,
    );
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[1]),
    ).toEqual(['warn', 'error']);
    expect((await readLines()).map((line) => line.split(' ')[1])).toEqual([
      'debug',
      'info',
      'warn',
      'error',
    ]);
  });

  it('lets the level replace that of both console and file', async () => {
    const log = await open({ level: 'error' });
    log.warn('unseen');
    log.error('seen');
    await log.close();
    expect(await readLines()).toEqual([expect.stringContaining('seen')]);
    expect(await readLines()).not.toEqual([expect.stringContaining('unseen')]);
  });

  it('never writes a secret, neither its own nor one that another process relays', async () => {
    keepSecrets(['canary-secret']);
    const log = await open();
    log.error('failed with canary-secret', { header: 'canary-secret' });
    log.relay('error', '2026-11-20T00:00:00.000Z error other: canary-secret');
    await log.close();
    const lines = await readLines();
    expect(lines).toHaveLength(2);
    expect(lines.join()).not.toContain('canary');
  });

  it('shares no file with another process, and says so there and nowhere else', async () => {
    const first = await open();
    const printed = vi.spyOn(process.stderr, 'write');
    const second = await open({ service: 'transform' });
    const third = await open({ service: 'transform' });
    first.info('one');
    second.info('two');
    third.info('three');
    await Promise.all([first.close(), second.close(), third.close()]);
    expect(printed.mock.calls.filter(([text]) => text !== '')).toEqual([]);
    printed.mockRestore();
    expect(await readLines()).toEqual([expect.stringContaining('collect: one')]);
    for (const [name, text] of [
      ['crypto-lake.transform.log', 'two'],
      ['crypto-lake.transform-2.log', 'three'],
    ] as const) {
      expect(await readLines(name)).toEqual([
        expect.stringContaining('info transform: another process writes crypto-lake.log'),
        expect.stringContaining(`transform: ${text}`),
      ]);
    }
    const next = await open({ service: 'transform' });
    next.info('four');
    await next.close();
    expect((await readLines()).at(-1)).toContain('transform: four');
  });

  it('says what to do where the folder cannot be made', async () => {
    await writeFile(join(root, 'logs'), 'a file');
    await expect(open()).rejects.toThrow(/^open log .*: ENOTDIR.*\n {2}make .* writable/s);
  });

  it('puts on stderr what the disk refuses, and goes on', async () => {
    await mkdir(directory, { recursive: true });
    await symlink('/dev/full', join(directory, 'crypto-lake.log'));
    const stderr = await runWithLog(`log.info('first'); log.info('second'); await log.close();`);
    expect(stderr).toMatch(/crypto-lake: write .*crypto-lake\.log: ENOSPC/);
    expect(stderr).toMatch(/info test: first\n.*info test: second\n/);
  });

  it('puts on stderr what comes after it was closed', async () => {
    const stderr = await runWithLog(`await log.close(); log.info('late'); process.exit(0);`);
    expect(stderr).toMatch(/info test: late\n/);
  });

  it('has in the file what is said last, even if the process ends without closing it', async () => {
    const stderr = await runWithLog(`log.info('last words'); process.exit(0);`);
    expect(await readLines()).toEqual([expect.stringMatching(/info test: last words$/)]);
    expect(stderr).toBe('');
  });
});
