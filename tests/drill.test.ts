// The drill as a person runs it: rounds of faults that lose nothing, and one that cannot but fail.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '..', 'main.ts');
/** Rounds of all faults; without it one of each kind, of the network and of the machine. */
const rounds = process.env.LAKE_TEST_ROUNDS;
const quick = ['network cut', 'collector killed'];

async function drill(...args: string[]) {
  const root = await mkdtemp(join(tmpdir(), 'crypto-lake-drill-test-'));
  const report = join(root, 'report.md');
  const given = ['--mode', 'drill', '--root', root, '--report', report, ...args];
  return new Promise<{ root: string; report: string; code: unknown; text: string }>((resolve) => {
    execFile(process.execPath, [program, ...given], (error, stdout, stderr) =>
      resolve({ root, report, code: error === null ? 0 : error.code, text: stdout + stderr }),
    );
  });
}

describe.concurrent('--mode drill', () => {
  it('loses nothing, says so and leaves nothing behind', { timeout: 3_600_000 }, async () => {
    const more = rounds === undefined ? quick : ['--rounds', rounds];
    const { root, report, code, text } = await drill('--seed', '5', ...more);
    expect(text).toContain('# Drill: nothing lost');
    expect(code).toBe(0);
    expect(await readFile(report, 'utf8')).toContain('nothing lost');
    expect(await readdir(root)).toEqual(['report.md']);
  });

  it('knows its faults', async () => {
    const { code, text } = await drill('earthquake');
    expect(code).toBe(2);
    expect(text).toContain('no fault "earthquake"; there are "network cut",');
  });
});
