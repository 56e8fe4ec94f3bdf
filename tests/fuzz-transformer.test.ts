import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { silentLog } from '../lake/log.ts';
import { readPartitionManifest } from '../lake/partition-manifest.ts';
import { createRandom, findFuzzCount, mutate } from './mutations.ts';
import { controlLine, quoteLine, restLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

const count = findFuzzCount(3000);
const day = '2026-03-01';
const start = us(`${day}T10:00:00Z`);
/** Damaged lines in a part, and as many good ones. */
const linesPerPart = 1000;
const partsPerRun = 3;
const newline = Buffer.from('\n');

/** What is damaged: ids far from the good ones, times of the same hour. */
const bases = [
  tradeLine({ id: 8_000_000_001, us: start + 5_000_000, price: '101.5', quantity: '0.25' }),
  tradeLine({ id: 8_000_000_002, us: start + 6_000_000, milliseconds: true }),
  quoteLine(start + 5_500_000, 4000, '99.10000000', '99.20000000'),
  restLine(start + 7_000_000, [
    { id: 8_000_000_003, us: start + 6_500_000 },
    { id: 8_000_000_004, us: start + 6_600_000 },
  ]),
  controlLine(start + 4_000_000, 'open', 'c9'),
  controlLine(start + 8_000_000, 'subscribed', 'c9', { streams: ['btcusdt@trade'] }),
].map((line) => Buffer.from(line));

/** Whether the line, or one of the lines it has become, is no JSON object in UTF-8 for sure. */
function countBroken(line: Buffer): number {
  return line
    .toString('latin1')
    .split('\n')
    .filter((text) => isBroken(Buffer.from(text, 'latin1'))).length;
}

function isBroken(line: Buffer): boolean {
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(line));
    return typeof value !== 'object' || value === null || Array.isArray(value);
  } catch {
    return true;
  }
}

type Written = { lines: number; broken: number };

/** Writes a part of good trades `firstId` onwards, a damaged line after each. */
async function writeDamagedPart(
  lake: ScratchLake,
  number: number,
  firstId: number,
  random: () => number,
): Promise<Written> {
  const written = { lines: 0, broken: 0 };
  const pieces: Buffer[] = [];
  for (let id = firstId; id < firstId + linesPerPart; id++) {
    const damaged = mutate(bases, random);
    pieces.push(Buffer.from(goodLine(id)), newline, damaged, newline);
    written.broken += countBroken(damaged);
    written.lines += 1 + damaged.toString('latin1').split('\n').length;
  }
  const path = join(
    lake.root,
    `raw/binance/BTCUSDT/${day}/part_${String(number).padStart(4, '0')}.jsonl`,
  );
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '');
  await appendFile(path, Buffer.concat(pieces));
  return written;
}

function goodLine(id: number): string {
  return tradeLine({ id, us: start + id * 1000, price: `${(id % 97) + 1}.25`, quantity: '0.5' });
}

it(`keeps every good line between ${count} damaged ones, and counts those that are none`, async () => {
  const random = createRandom(11);
  const failures: string[] = [];
  for (let done = 0; done < count; done += linesPerPart * partsPerRun) {
    const lake = await makeScratchLake();
    const total: Written = { lines: 0, broken: 0 };
    for (let part = 1; part <= partsPerRun; part++) {
      const written = await writeDamagedPart(lake, part, (part - 1) * linesPerPart + 1, random);
      total.lines += written.lines;
      total.broken += written.broken;
    }
    const log = { ...silentLog, error: (text: string) => void failures.push(text) };
    expect(await lake.transform({}, log), failures.join()).toBe(0);
    const good = linesPerPart * partsPerRun;
    const rows = await lake.query(
      `SELECT trade_id::INTEGER AS id, price FROM trades
       WHERE trade_id BETWEEN 1 AND ${good} ORDER BY trade_id`,
    );
    expect(rows).toEqual(
      Array.from({ length: good }, (_, index) => ({
        id: index + 1,
        price: ((index + 1) % 97) + 1.25,
      })),
    );
    const counted = await countQuarantined(lake);
    expect(counted.inManifest).toBe(counted.inFiles);
    expect(counted.inManifest).toBeGreaterThanOrEqual(total.broken);
    expect(counted.inManifest).toBeLessThanOrEqual(total.lines - good);
    await rm(lake.root, { recursive: true });
  }
}, 1_800_000);

async function countQuarantined(lake: ScratchLake) {
  const path = 'parquet/binance/BTCUSDT/year=2026/month=03/day=01/bars_1s.manifest.json';
  const manifest = await readPartitionManifest(join(lake.root, path));
  let inFiles = 0;
  for (let part = 1; part <= partsPerRun; part++) {
    const name = `quarantine/binance/BTCUSDT/${day}/part_${String(part).padStart(4, '0')}.jsonl`;
    const text = await readFile(join(lake.root, name), 'utf8');
    inFiles += text.split('\n').length - 1;
  }
  return { inManifest: manifest!.lines_quarantined, inFiles };
}
