// The longer forms of tests, which `.ci/run` asks for: each switch is described, used, and read by the test
// it is given to. One that nobody reads would make a test short and its name long.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSourceFiles } from './source-files.ts';

const repository = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const script = read('.ci/run');
const tests = readSourceFiles().filter(({ isTest }) => isTest);

const findSwitches = (text: string) =>
  [...text.matchAll(/\bprocess\.env\.(LAKE_TEST_[A-Z_]+)/g)].map(([, name]) => name!);
const switches = [...new Set(tests.flatMap(({ code }) => findSwitches(code)))].sort();

it('stand in CONTRIBUTING.md and are asked for in .ci/run', () => {
  expect(switches.length).toBeGreaterThan(10);
  const described = [...read('CONTRIBUTING.md').matchAll(/^\| `(LAKE_TEST_[A-Z_]+)=/gm)];
  expect(described.map(([, name]) => name).sort()).toEqual(switches);
  const used = [...script.matchAll(/^ *(LAKE_TEST_[A-Z_]+)=/gm)];
  expect(used.map(([, name]) => name).sort()).toEqual(switches);
});

it('are asked of test files that exist', () => {
  const filters = [...script.matchAll(/run_tests \S+ \d+ (.+)/g)].flatMap(([, all]) =>
    all!.split(' '),
  );
  expect(filters.length).toBeGreaterThan(10);
  for (const filter of filters) {
    const found = globSync([filter, `${filter}*.test.ts`, `${filter}/*.test.ts`], {
      cwd: repository,
    });
    expect(found, filter).not.toEqual([]);
  }
});
