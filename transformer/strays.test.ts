import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { tradeLine, us } from '../tests/raw-lines.ts';
import { makeScratchLake, type ScratchLake } from '../tests/scratch-lake.ts';
import { listInstruments, listParts } from './parts.ts';
import { findStrays, warnOfStrays } from './strays.ts';

const day = '2026-03-01';
const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const dayDir = `raw/binance/BTCUSDT/${day}`;

async function writeLines(lake: ScratchLake, id: number) {
  await lake.writePart(day, id, [tradeLine({ id, us: us(`${day}T10:00:0${id}Z`) })]);
}

/** Everything a person or their tools may leave, at every level; ascending. */
async function litter({ root }: ScratchLake): Promise<string[]> {
  const files = [
    'raw/.DS_Store',
    'raw/binance/.DS_Store',
    'raw/binance/BTCUSDT/.part_0001.jsonl.swp',
    'raw/binance/BTCUSDT/2026-03-02',
    `${dayDir}/.DS_Store`,
    `${dayDir}/notes.txt`,
    `${dayDir}/part_0001.jsonl~`,
    `${dayDir}/part_0008.jsonl/kept`,
    'raw/binance/BTCUSDT/2026-03-01.bak/part_0001.jsonl',
    'raw/binance/BTCUSDT.bak/2026-03-01/part_0001.jsonl',
    'raw/binance/ETHUSDT',
    'raw/old/BTCUSDT/2026-03-01/part_0001.jsonl',
  ];
  for (const file of files) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), 'no part\n');
  }
  await symlink('/nowhere', join(root, dayDir, 'part_0009.jsonl'));
  return [
    'raw/.DS_Store',
    'raw/binance/.DS_Store',
    'raw/binance/BTCUSDT/.part_0001.jsonl.swp',
    'raw/binance/BTCUSDT/2026-03-01.bak',
    'raw/binance/BTCUSDT/2026-03-02',
    `${dayDir}/.DS_Store`,
    `${dayDir}/notes.txt`,
    `${dayDir}/part_0001.jsonl~`,
    `${dayDir}/part_0008.jsonl`,
    `${dayDir}/part_0009.jsonl`,
    'raw/binance/BTCUSDT.bak',
    'raw/binance/ETHUSDT',
    'raw/old',
  ];
}

it('a run passes over what is not of the lake, names it in one warning, and does the rest', async () => {
  const lake = await makeScratchLake();
  for (const id of [1, 2]) await writeLines(lake, id);
  const strays = (await litter(lake)).sort();
  expect((await findStrays(lake.root)).sort()).toEqual(strays);
  const said: string[] = [];
  const note = (message: string) => void said.push(message);
  expect(await lake.transform({}, { ...silentLog, warn: note, error: note })).toBe(0);
  expect(said).toEqual([expect.stringContaining(`${strays.length} names are not of the lake`)]);
  expect(said[0]).toMatch(/: raw\/\.DS_Store, .* and 3 more$/);
  expect(await lake.query('SELECT trade_id::INTEGER AS id FROM trades')).toEqual([
    { id: 1 },
    { id: 2 },
  ]);
  await expect(listInstruments(lake.root)).resolves.toEqual([instrument]);
});

it('what lies elsewhere and is linked to is of the lake', async () => {
  const lake = await makeScratchLake();
  await writeLines(lake, 1);
  const [raw, other] = [join(lake.root, 'raw'), join(lake.root, 'other-disk')];
  await rename(join(raw, 'binance'), other);
  await symlink(other, join(raw, 'binance'));
  const said: string[] = [];
  await warnOfStrays(lake.root, { ...silentLog, warn: (message) => void said.push(message) });
  expect(said).toEqual([]);
  expect(await listParts(lake.root, instrument)).toHaveLength(1);
});

it('a part that is begun or sealed meanwhile is none', async () => {
  const { root } = await makeScratchLake();
  const folder = join(root, dayDir);
  await mkdir(folder, { recursive: true });
  let isDone = false;
  const record = async () => {
    for (let part = 1000; !isDone; part++) {
      const path = join(folder, `part_${part}.jsonl`);
      await writeFile(`${path}.open`, '');
      await rename(`${path}.open`, path);
    }
  };
  const recorded = record();
  const found: string[] = [];
  for (let look = 0; look < 200; look++) found.push(...(await findStrays(root)));
  isDone = true;
  await recorded;
  expect(found).toEqual([]);
});
