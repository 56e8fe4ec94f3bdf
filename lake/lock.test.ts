import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { OperationalError } from './errors.ts';
import { lockPath } from './layout.ts';
import { takeLock } from './lock.ts';

const lockModule = JSON.stringify(new URL('./lock.ts', import.meta.url).href);

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-lock-'));
});

/** Starts a process that takes the lock and holds it until killed. */
async function startHolder(): Promise<ReturnType<typeof spawn>> {
  const program = `import { takeLock } from ${lockModule};
    await takeLock(${JSON.stringify(root)}, 'collect');
    console.log('taken');
    setInterval(() => {}, 1000);`;
  const args = ['--input-type=module', '--eval', program, '--', '--mode', 'collect'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout!, 'data');
  return child;
}

describe('takeLock', () => {
  it('has one holder per name and lake, and can be taken again after release', async () => {
    const lock = await takeLock(root, 'collect');
    await expect(takeLock(root, 'collect')).rejects.toThrow(OperationalError);
    const other = await takeLock(root, 'transform');
    await lock.release();
    await (await takeLock(root, 'collect')).release();
    await other.release();
  });

  it('names the process that holds it, and says what to do', async () => {
    const child = await startHolder();
    await expect(takeLock(root, 'collect')).rejects.toThrow(
      new RegExp(`take lock collect of ${root}: held by process ${child.pid} .*\n {2}stop that`),
    );
    child.kill('SIGKILL');
    await once(child, 'exit');
  });

  it('takes over the lock of a process that was killed', async () => {
    const child = await startHolder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await takeLock(root, 'collect')).release();
  });

  it('is taken beside what a process of the same id left: in a container ids repeat', async () => {
    const path = lockPath(root, 'collect');
    await mkdir(dirname(path), { recursive: true });
    const left = Array.from({ length: 20 }, (_, count) => `${path}.${process.pid}-${count}`);
    for (const name of left) await writeFile(name, '');
    await (await takeLock(root, 'collect')).release();
  });

  it('gives the lock a dead process left to exactly one of several that ask at once', async () => {
    const child = await startHolder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const attempts = Array.from({ length: 6 }, () => takeLock(root, 'collect'));
    const taken = (await Promise.allSettled(attempts)).flatMap((attempt) =>
      attempt.status === 'fulfilled' ? [attempt.value] : [],
    );
    expect(taken).toHaveLength(1);
    await taken[0]!.release();
  });

  it('gives the lock a dead process left to exactly one of several processes', async () => {
    const child = await startHolder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const program = `import { takeLock } from ${lockModule};
      const taken = await takeLock(${JSON.stringify(root)}, 'collect').then(() => true, () => false);
      process.stdout.write(String(taken));
      process.stdin.resume().on('end', () => process.exit());`;
    const args = ['--input-type=module', '--eval', program];
    const runs = Array.from({ length: 6 }, () =>
      spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const answers = await Promise.all(runs.map((run) => once(run.stdout, 'data')));
    for (const run of runs) run.stdin.end();
    await Promise.all(runs.map((run) => once(run, 'exit')));
    expect(answers.filter(([answer]) => String(answer) === 'true')).toHaveLength(1);
  });

  it('works below a root whose path is too long for a socket', async () => {
    const long = join(root, 'x'.repeat(120));
    const lock = await takeLock(long, 'collect');
    await expect(takeLock(long, 'collect')).rejects.toThrow('held by process');
    await lock.release();
  });

  it('replaces a file that is no socket', async () => {
    const path = lockPath(root, 'collect');
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, '');
    const lock = await takeLock(root, 'collect');
    expect((await stat(path)).isSocket()).toBe(true);
    await lock.release();
  });
});
