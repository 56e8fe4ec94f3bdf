import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { modes } from '../modes.ts';

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');

/** The lines of the shell blocks, comments dropped. */
const shellBlocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) =>
  block!
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, '')),
);

it('gives two commands first: one that runs the lake, one that runs the tests', () => {
  expect(shellBlocks[0]).toEqual(['npm ci && npm run demo', 'npm ci && npm test']);
  const firstScreen = readme.split('\n').slice(0, 40).join('\n');
  expect(firstScreen).toContain(shellBlocks[0]![0]);
});

it('lists every mode with the summary that the help gives, and no other', () => {
  const table = /^\| mode \| does \|\n\| --- \| --- \|\n((?:\|.*\n)+)/m.exec(readme)![1]!;
  const rows = [...table.matchAll(/^\| `([\w-]+)` \| (.*) \|$/gm)].map(([, name, does]) => [
    name,
    does,
  ]);
  expect(rows).toEqual(Object.entries(modes).map(([name, { summary }]) => [name, summary]));
});

it('names no mode that does not exist', () => {
  const named = [...readme.matchAll(/--mode ([a-z][\w-]*)/g)].map(([, name]) => name!);
  expect(named.filter((name) => !Object.hasOwn(modes, name))).toEqual([]);
});

it('links to files that exist', () => {
  const links = [...readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path]) => path!);
  expect(links.length).toBeGreaterThan(3);
  for (const path of links)
    expect(readFileSync(join(import.meta.dirname, '..', path))).toBeDefined();
});
