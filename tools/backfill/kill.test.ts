// The backfill as a process of its own, killed without warning while it fetches days of history.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { afterEach, expect, it } from 'vitest';
import { addDays, formatDay, startOfDayUs } from '../../lake/day.ts';
import { type BackfillLake, openBackfillLake } from '../../tests/backfill-lake.ts';

const kills = Number(process.env.LAKE_TEST_BACKFILL ?? 1);
const symbol = 'LTCUSDT';

let lake: BackfillLake;
afterEach(() => lake.close());

/** Runs the mode; kills it after so long. The exit code, null when it was killed. */
async function run(from: string, killAfterMs = Number.POSITIVE_INFINITY): Promise<number | null> {
  const config = join(lake.root, 'config.yml');
  await writeFile(config, `${lake.yaml}\nroot: ${lake.root}\n`);
  const main = join(import.meta.dirname, '../../main.ts');
  const args = [main, '--mode', 'backfill', '--config', config, '--from', from];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const killer = Number.isFinite(killAfterMs)
    ? setTimeout(() => child.kill('SIGKILL'), killAfterMs)
    : undefined;
  const [code] = await once(child, 'exit');
  clearTimeout(killer);
  return code;
}

async function listRawIds(): Promise<number[]> {
  const ids: number[] = [];
  const names = await readdir(join(lake.root, 'raw'), { recursive: true });
  for (const name of names.filter((one) => one.endsWith('.zst') || one.endsWith('.jsonl'))) {
    if (name.endsWith('manifest.jsonl')) continue;
    const bytes = await readFile(join(lake.root, 'raw', name));
    const text = (name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes).toString();
    for (const line of text.trim().split('\n')) {
      ids.push(...(JSON.parse(line).msg ?? []).map((row: { id: number }) => row.id));
    }
  }
  return ids;
}

it(`killed ${kills} times, goes on where it was, and nothing is lost or doubled`, async () => {
  const today = formatDay(Date.now() * 1000);
  const from = addDays(today, -2);
  const historyMs = 3 * 86_400_000;
  lake = await openBackfillLake(Date.now() * 1000, { rate: 0.002, historyMs }, symbol);
  for (let round = 0; round < kills; round++) {
    // Between the start of the process and the end of its work, wherever that is on this machine.
    if ((await run(from, 400 + Math.random() * 2500)) === 0) break;
  }
  expect(await run(from)).toBe(0);
  const truth = lake.simulator.truth.trades(symbol, startOfDayUs(from), startOfDayUs(today));
  const expected = truth.map(({ id }) => id);
  expect((await listRawIds()).sort((a, b) => a - b)).toEqual(expected);
  const rows = await lake.query('SELECT trade_id FROM trades ORDER BY trade_id');
  expect(rows.map((row) => Number(row.trade_id))).toEqual(expected);
  const left = await readdir(join(lake.root, 'state/tmp'), {
    recursive: true,
    withFileTypes: true,
  });
  expect(left.filter((entry) => entry.isFile())).toEqual([]);
}, 120_000);
