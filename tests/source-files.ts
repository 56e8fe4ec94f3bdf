// The source files of the repository as text, and what each of them imports. A file belongs to the tests
// where its name ends in `.test.ts`, where it lies in `tests/`, or where it is one of `testSupport`.

import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export const sourceFolders = [
  'lake',
  'exchanges',
  'collector',
  'transformer',
  'tools',
  'orchestrator',
  'library',
  'bench',
  'tests',
];

/** What lies beside the source it helps to test. */
const testSupport = [
  'collector/fake-clock.ts',
  'collector/feed-bench.ts',
  'collector/fill-bench.ts',
  'collector/memory-disk.ts',
  'collector/scripted-exchange.ts',
  'collector/stream-model.ts',
  'tools/simulator/test-client.ts',
  'tools/store/contract.ts',
  'tools/store/fault-contract.ts',
];

export type Import = { from: string; isTypeOnly: boolean };

export type SourceFile = {
  /** From the root of the repository, `lake/day.ts`. */
  path: string;
  text: string;
  /** Without its comments. */
  code: string;
  isTest: boolean;
  /** Packages and Node's modules as they are named; own files by their path. */
  imports: Import[];
};

const repository = join(import.meta.dirname, '..');

/** Every `.ts` and `.sql` file, and those of the dashboard, sorted by path. */
export function readSourceFiles(): SourceFile[] {
  const patterns = [
    `{${sourceFolders}}/**/*.{ts,sql}`,
    'tools/web/assets/*.{js,css}',
    'main.ts',
    'modes.ts',
  ];
  return globSync(patterns, { cwd: repository })
    .filter((path) => !path.includes('node_modules'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(repository, path), 'utf8');
      const code = /\.[jt]s$/.test(path) ? dropComments(text) : text;
      const imports = path.endsWith('.ts') ? findImports(path, code) : [];
      return { path, text, code, isTest: isTestFile(path), imports };
    });
}

function isTestFile(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('tests/') || testSupport.includes(path);
}

/** Comments as the formatter leaves them: at the start of a line, or after code and a space. */
export function dropComments(text: string): string {
  return text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '');
}

/** The imports and re-exports of the file at `path`, static and dynamic. */
export function findImports(path: string, code: string): Import[] {
  const resolve = (name: string) =>
    name.startsWith('.') ? posix.join(posix.dirname(path), name) : name;
  const statements = code.matchAll(
    /^(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+|)'([^']+)';$/gm,
  );
  const calls = code.matchAll(/\bimport\(\s*'([^']+)'\s*\)/g);
  return [
    ...[...statements].map(([, type, name]) => ({
      from: resolve(name!),
      isTypeOnly: type !== undefined,
    })),
    ...[...calls].map(([, name]) => ({ from: resolve(name!), isTypeOnly: false })),
  ];
}
