// The mode as a whole: damage, --repair, the verdict afterwards. Every kind of damage with LAKE_TEST_REPAIRS=all,
// else one of a file and one of a manifest: what is found is the matter of verify-lake.test.ts, what a rebuild
// makes of it that of transformer/repair.test.ts.

import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it, vi } from 'vitest';
import { openSystemClock } from '../../lake/clock.ts';
import { parseConfig } from '../../lake/config.ts';
import { silentLog } from '../../lake/log.ts';
import type { ModeOptions } from '../../lake/mode.ts';
import {
  flipBit,
  makeDescribedLake,
  middleDay,
  partitionFile,
  rawPath,
} from '../../tests/described-lake.ts';
import { makeScratchLake } from '../../tests/scratch-lake.ts';
import { copyLake, summarizeReports, verifyRoot } from '../../tests/verified-lake.ts';
import { runVerify } from './verify.ts';

let template: string;
beforeAll(async () => {
  template = (await makeDescribedLake()).root;
});

function run(root: string, options: ModeOptions = {}, warnings: string[] = []) {
  return runVerify({
    config: parseConfig(`root: ${root}\ntransformer: { threads: 1 }`, {}),
    configText: '',
    options: { date: middleDay, ...options },
    positionals: [],
    onReload() {},
    log: { ...silentLog, warn: (message) => void warnings.push(message) },
    clock: openSystemClock(),
    signal: new AbortController().signal,
  });
}

const bars = (root: string) => partitionFile(root, 'parquet', middleDay, 'bars_1s.parquet');
const trades = (root: string) => partitionFile(root, 'trades', middleDay, 'trades.parquet');
const manifest = (root: string) => bars(root).replace('.parquet', '.manifest.json');

const damages: [string, (root: string) => Promise<void>][] = [
  ['a flipped bit in the bars', (root) => flipBit(bars(root), 300)],
  ['no manifest', (root) => rm(manifest(root))],
  ['a flipped bit in the trades', (root) => flipBit(trades(root), 100)],
  ['no bars', (root) => rm(bars(root))],
  ['a torn manifest', (root) => writeFile(manifest(root), '{"rows"')],
  [
    'an edited manifest',
    async (root) => {
      const text = await readFile(manifest(root), 'utf8');
      await writeFile(manifest(root), text.replace('"trades_filled": 0', '"trades_filled": 5'));
    },
  ],
];
const tried = damages.slice(0, process.env.LAKE_TEST_REPAIRS === 'all' ? undefined : 2);

it.each(tried)('finds %s, and rebuilds the same bytes with --repair', async (_what, damage) => {
  const root = await copyLake(template);
  await damage(root);
  const warnings: string[] = [];
  expect(await run(root, { repair: true }, warnings)).toBe(0);
  expect(warnings).toContainEqual(expect.stringMatching(`^repair binance/BTCUSDT ${middleDay}: `));
  for (const path of [bars, trades]) {
    expect(await readFile(path(root))).toEqual(await readFile(path(template)));
  }
});

it('fails on damage without it, says on how much, and leaves it', async () => {
  const root = await copyLake(template);
  await flipBit(bars(root), 300);
  await expect(run(root)).rejects.toThrow(/verify .*: 1 of 1 days are wrong\n {2}see the last/);
  expect(await readFile(bars(root))).not.toEqual(await readFile(bars(template)));
});

it('does not rebuild from a part that is no longer what it was', async () => {
  const root = await copyLake(template);
  await flipBit(rawPath(root, middleDay, 'part_0001.jsonl'), 200);
  await expect(run(root, { repair: true })).rejects.toThrow(/1 of 1 days are wrong/);
  expect(await readFile(bars(root))).toEqual(await readFile(bars(template)));
});

it('fetches nothing: what is missing stays missing, and is no failure', async () => {
  const root = await copyLake(template);
  expect(await run(root, { repair: true })).toBe(0);
  const [report] = await verifyRoot(root, { date: middleDay });
  expect(summarizeReports([report!])[0]).toContain('ids-missing');
});

it('writes the report with what was found and what to run', async () => {
  const root = await copyLake(template);
  const report = join(root, 'report.md');
  expect(await run(root, { report })).toBe(0);
  const text = await readFile(report, 'utf8');
  expect(text).toContain('**1 day: 0 ok, 1 incomplete, 0 wrong**');
  expect(text).toContain(
    '- missing (ids-missing): 10 trade ids missing in 1 range\n  - 13 to 22\n',
  );
  expect(text).toMatch(
    /To do: `--mode backfill --exchange binance --symbol BTCUSDT --from \S+ --to/,
  );
});

it('has nothing to verify in an empty lake, says so, and does not call that wrong', async () => {
  const { root } = await makeScratchLake();
  const printed: unknown[] = [];
  const print = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed.push(text);
    return true;
  });
  expect(await run(root, { date: undefined, repair: true }).finally(print.mockRestore)).toBe(0);
  expect(printed).toEqual([`nothing to verify: ${root} holds no raw part and no partition\n`]);
});

it('refuses what does not exist', async () => {
  const root = await copyLake(template);
  await expect(run(root, { date: '2026-02-30' })).rejects.toThrow(/"2026-02-30" is no UTC day/);
  await expect(run(root, { date: '2020-01-01' })).rejects.toThrow(/nothing is stored of .*2020/);
  await expect(run(root, { symbol: 'X' })).rejects.toThrow(/nothing is stored of .*, X, /);
});
