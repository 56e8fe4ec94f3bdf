// The drill as a person runs it. Rounds of its faults only with LAKE_TEST_ROUNDS: one takes a minute, and kills, cuts and
// lost frames one by one are the matter of gaps.test.ts and of collector/kill.test.ts.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const program = join(import.meta.dirname, '..', 'main.ts');
const rounds = process.env.LAKE_TEST_ROUNDS;

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
  if (rounds !== undefined)
    it(`loses nothing in ${rounds} rounds, says so and leaves nothing behind`, async () => {
      const { root, report, code, text } = await drill('--seed', '5', '--rounds', rounds);
      expect(text).toContain('# Drill: nothing lost');
      expect(code).toBe(0);
      expect(await readFile(report, 'utf8')).toContain('nothing lost');
      expect(await readdir(root)).toEqual(['report.md']);
    }, 3_600_000);

  it('knows its faults', async () => {
    const { code, text } = await drill('earthquake');
    expect(code).toBe(2);
    expect(text).toContain('no fault "earthquake"; there are "network cut",');
  });
});
