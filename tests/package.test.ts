// The package: what `npm pack` makes of this repository. With LAKE_TEST_PACKAGE=1 it is made, installed into another folder
// and used there as others use it: by its types, as a library, and as a command.

import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { tradeLine, us } from './raw-lines.ts';
import { makeScratchLake } from './scratch-lake.ts';
import { readSourceFiles } from './source-files.ts';

const repository = join(import.meta.dirname, '..');
const description = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));

describe('the package', () => {
  it('names as its entries what is built of a source file', () => {
    const { types, default: entry } = description.exports['.'];
    for (const path of [entry, description.bin['crypto-lake']]) {
      const source = path.replace(/^(\.\/)?dist\//, '').replace(/\.js$/, '.ts');
      expect(existsSync(join(repository, source)), source).toBe(true);
    }
    expect(types).toBe(entry.replace(/\.js$/, '.d.ts'));
  });

  it('has every package it imports installed with it', () => {
    const product = readSourceFiles().filter(
      ({ path, isTest }) => path.endsWith('.ts') && !isTest && !path.startsWith('bench/'),
    );
    const names = product.flatMap(({ imports }) =>
      imports.filter(({ isTypeOnly }) => !isTypeOnly).map(({ from }) => from),
    );
    const packages = names
      .filter((name) => !/\.(ts|json)$/.test(name) && !name.startsWith('node:'))
      .map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]);
    expect(packages.length).toBeGreaterThan(10);
    const lacking = packages.filter(
      (name) => !(name in description.dependencies) && !builtinModules.includes(name),
    );
    expect(lacking).toEqual([]);
  });
});

/** A program of somebody else. Its types are part of what is tested. */
const program = `
import { type Bar, type Columns, OperationalError, openLake, type SecondBar, type Trade } from 'crypto-lake';

await using lake = await openLake(process.argv[2]!, { threads: 1, memoryLimit: '300MB' });
const seconds: SecondBar[] = [];
for await (const bar of lake.bars({ symbol: 'BTCUSDT', interval: '1s' })) seconds.push(bar);
const minutes: Columns<Bar> = await lake.bars({ symbol: 'BTCUSDT', interval: '1m' }).columns();
const closes: Float64Array = minutes.close;
const areComplete: Uint8Array = minutes.complete;
const trades: Trade[] = await lake.trades({ symbol: 'BTCUSDT', from: new Date(0) }).toArray();
const counts = lake.query<{ n: number }>('SELECT count(*) AS n FROM trades WHERE price > $price', { price: 10.5 });
const [counted] = await counts.toArray();
// @ts-expect-error: there is no such column
minutes.closing;
// @ts-expect-error: a rollup has no mean spread
minutes.spreadMean;
// @ts-expect-error: there is no such interval
const odd = () => lake.bars({ symbol: 'BTCUSDT', interval: '7m' });
const refused = await lake.trades({ symbol: 'NOPE' }).toArray().catch((thrown: unknown) => thrown);
console.log(JSON.stringify({
  closes: seconds.map(({ close }) => close),
  minutes: [...closes],
  areComplete: [...areComplete],
  times: trades.map(({ tradeTimeUs }) => tradeTimeUs),
  counted: counted!.n,
  refused: refused instanceof OperationalError && refused.message,
}));
`;

describe.runIf(process.env.LAKE_TEST_PACKAGE === '1')('the package, installed elsewhere', () => {
  const exec = promisify(execFile);
  let folder: string;
  let files: string[];
  const run = (command: string, ...args: string[]) =>
    exec(command, args, { cwd: folder }).catch((error) => {
      throw new Error(`${error.message}${error.stdout}`);
    });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'crypto-lake-package-'));
    const pack = ['pack', '--json', '--silent', '--pack-destination', folder];
    const { stdout } = await exec('npm', pack, { cwd: repository });
    const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[')));
    files = packed.files.map(({ path }: { path: string }) => path);
    await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
    const types = `@types/node@${description.devDependencies['@types/node']}`;
    await run('npm', 'install', ...options, join(folder, packed.filename), types);
  }, 120_000);

  it('holds the program, its SQL and pages, the types of the library, and nothing else', () => {
    const product = readSourceFiles().filter(
      ({ path, isTest }) => !isTest && !path.startsWith('bench/'),
    );
    const built = [
      ...product.map(({ path }) => `dist/${path.replace(/\.ts$/, '.js')}`),
      ...globSync('tools/web/assets/*.{html,svg}', { cwd: repository }).map(
        (path) => `dist/${path}`,
      ),
    ];
    const rest = files.filter((path) => !built.includes(path));
    expect(built.filter((path) => !files.includes(path))).toEqual([]);
    expect(rest.sort()).toEqual([
      'LICENSE',
      'README.md',
      'config.yml',
      'dist/lake/errors.d.ts',
      'dist/lake/interval.d.ts',
      'dist/library/bar.d.ts',
      'dist/library/open-lake.d.ts',
      'dist/library/quality.d.ts',
      'dist/library/rows.d.ts',
      'dist/library/trade.d.ts',
      'package.json',
    ]);
  });

  it('gives a program typed bars, trades and rows of SQL', async () => {
    const lake = await makeScratchLake();
    const at = us('2026-03-01T10:00:58.000001Z');
    await lake.writePart('2026-03-01', 1, [
      tradeLine({ id: 1, us: at, price: '10' }),
      tradeLine({ id: 2, us: at + 3e6, price: '12' }),
    ]);
    await lake.transform();
    await writeFile(join(folder, 'program.ts'), program);
    const strict = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024'];
    const exact = ['--exactOptionalPropertyTypes', '--types', 'node', '--skipLibCheck', 'false'];
    await run(join(repository, 'node_modules/.bin/tsc'), ...strict, ...exact, 'program.ts');
    const { stdout } = await run(process.execPath, 'program.ts', lake.root);
    expect(JSON.parse(stdout)).toEqual({
      closes: [10, 10, 10, 12],
      minutes: [10, 12],
      areComplete: [0, 0],
      times: [at, at + 3e6],
      counted: 1,
      refused: 'find NOPE: the lake has no such symbol\n  it has binance/BTCUSDT',
    });
  });

  it('is a command', async () => {
    const { stdout } = await run(join(folder, 'node_modules/.bin/crypto-lake'), '--version');
    expect(stdout).toBe(`crypto-lake ${description.version}\n`);
    const check = await readFile(join(folder, 'node_modules/crypto-lake/dist/main.js'), 'utf8');
    expect(check.startsWith('#!/usr/bin/env node\n')).toBe(true);
  });

  it('runs modes that start processes of it: a demo', async () => {
    const args = ['--mode', 'demo', '--root', join(folder, 'lake'), '--seconds', '20'];
    const { stdout } = await run(join(folder, 'node_modules/.bin/crypto-lake'), ...args);
    expect(stdout).toMatch(/^all +(\d+) +\1 +equal$/m);
  });
});
