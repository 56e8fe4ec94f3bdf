// The last trade and quote out of real files, read by a real DuckDB, against what was written into them.

import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseConfig } from '../../../lake/config.ts';
import { rawDayDir } from '../../../lake/layout.ts';
import { silentLog } from '../../../lake/log.ts';
import { appendPartRecord, type PartRecord } from '../../../lake/part-manifest.ts';
import { controlLine, quoteLine, restLine, tradeLine, us } from '../../../tests/raw-lines.ts';
import { type Head, openRawHead, type RawHead } from './raw-head.ts';

const day = '2026-03-01';
const startUs = us(`${day}T10:00:00Z`);

type Packing = 'none' | 'gzip' | 'zstd';
const packings = {
  none: { suffix: '', pack: (text: string) => Buffer.from(text) },
  gzip: { suffix: '.gz', pack: gzipSync },
  zstd: { suffix: '.zst', pack: zstdCompressSync },
} as const;

let root: string;
let instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
let head: RawHead;
let folder: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'head-'));
  folder = rawDayDir(root, instrument, day);
  head = openRawHead(parseConfig(JSON.stringify({ root }), {}), silentLog);
});
afterEach(async () => {
  await head.close();
  await rm(root, { recursive: true });
});

const trade = (id: number) => tradeLine({ id, us: startUs + id * 1000 });
const quote = (id: number) => quoteLine(startUs + id * 1000, id, `${id}.5`, `${id + 1}.5`);
const toText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const openPath = (number: number) => join(folder, `part_000${number}.jsonl.open`);

async function writeOpen(number: number, lines: readonly string[], in_ = folder): Promise<void> {
  const path = join(in_, `part_000${number}.jsonl.open`);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, toText(lines));
}

/** Seals a part as the collector does; `record` changes how it is described, null: not at all. */
async function seal(
  number: number,
  lines: readonly string[],
  record: Partial<PartRecord> | null = {},
  packing: Packing = 'none',
): Promise<void> {
  const { suffix, pack } = packings[packing];
  const part = `part_000${number}.jsonl${suffix}`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, part), pack(toText(lines)));
  await rm(openPath(number), { force: true });
  if (record === null) return;
  const nothing = { first_recv: null, last_recv: null, first_event: null, last_event: null };
  const ids = { first_trade_id: null, last_trade_id: null };
  const streams = { 'btcusdt@trade': 1 };
  const size = { bytes: 1, lines: lines.length, sha256: '' };
  await appendPartRecord(folder, { part, ...size, streams, ...nothing, ...ids, ...record });
}

async function readIds() {
  const found = await head.read(instrument);
  return found && toIds(found);
}
const toIds = ({ trade, quote }: Head) => [trade?.trade_id ?? null, quote?.bid ?? null];

it('is not there while nothing is being written', async () => {
  expect(await head.read(instrument)).toBeUndefined();
  await seal(1, [trade(1), quote(1)]);
  expect(await head.read(instrument)).toBeUndefined();
});

it.each(['none', 'gzip', 'zstd'] as const)(
  'is found in parts sealed before, packed as %s',
  async (packing) => {
    await seal(1, [quote(1), trade(2)], {}, packing);
    await seal(2, [quote(3)], {}, packing);
    await writeOpen(3, [controlLine(startUs, 'listening')]);
    expect(await readIds()).toEqual([2, 3.5]);
  },
);

it('is found in the day before, right after midnight', async () => {
  await seal(1, [trade(1), quote(2)]);
  await writeOpen(
    1,
    [controlLine(startUs, 'listening')],
    rawDayDir(root, instrument, '2026-03-02'),
  );
  expect(await readIds()).toEqual([1, 2.5]);
});

it('goes on from what it has read, also when that was sealed since', async () => {
  await writeOpen(1, [trade(1), quote(2)]);
  expect(await readIds()).toEqual([1, 2.5]);
  await appendFile(openPath(1), toText([quote(3)]));
  await rename(openPath(1), join(folder, 'part_0001.jsonl'));
  await seal(1, [trade(1), quote(2), quote(3)], {}, 'none');
  // As if it had never been there: nothing but what is new is looked at.
  const blank = ' '.repeat(toText([trade(1), quote(2)]).length - 1);
  await writeFile(join(folder, 'part_0001.jsonl'), `${blank}\n${toText([quote(3)])}`);
  await writeOpen(2, [controlLine(startUs, 'listening')]);
  expect(await readIds()).toEqual([1, 3.5]);
  await appendFile(openPath(2), toText([trade(4)]));
  expect(await readIds()).toEqual([4, 3.5]);
});

it('is not told out of a part that is not described yet, and is once it is', async () => {
  await seal(1, [trade(1), quote(1)], null);
  await writeOpen(2, [quote(2)]);
  expect(await readIds()).toEqual([null, 2.5]);
  await rm(join(folder, 'part_0001.jsonl'));
  await seal(1, [trade(1), quote(1)]);
  expect(await readIds()).toEqual([1, 2.5]);
});

it('takes fills for the last trade only where it has heard one before them', async () => {
  const fills = [10, 11].map((id) => ({ id, us: startUs + id * 1000 }));
  await writeOpen(1, [quote(1), restLine(startUs, fills)]);
  expect(await readIds()).toEqual([null, 1.5]);
  await appendFile(openPath(1), toText([trade(9)]));
  expect(await readIds()).toEqual([11, 1.5]);
  await appendFile(openPath(1), toText([restLine(startUs, [{ id: 5, us: startUs }])]));
  expect(await readIds()).toEqual([11, 1.5]);
});

it('passes over imports and fills of their own, unless they may hold a later trade', async () => {
  await seal(1, [trade(5), quote(5)]);
  await seal(2, [trade(3), quote(3)], { origin: '/other', last_trade_id: 3 });
  await seal(3, [restLine(startUs, [{ id: 2, us: startUs }])], { streams: {}, last_trade_id: 2 });
  await writeOpen(4, [controlLine(startUs, 'listening')]);
  expect(await readIds()).toEqual([5, 5.5]);
  await seal(4, [trade(7)]);
  await seal(5, [trade(9)], { origin: '/other', last_trade_id: 9 });
  await writeOpen(6, [quote(8)]);
  expect(await readIds()).toEqual([null, 8.5]);
  await appendFile(openPath(6), toText([trade(10)]));
  expect(await readIds()).toEqual([10, 8.5]);
});

it('keeps a trade that was found elsewhere until there is a later one', async () => {
  await writeOpen(1, [quote(8)]);
  expect(await readIds()).toEqual([null, 8.5]);
  head.keepTrade(instrument, { trade_id: 7 });
  expect(await readIds()).toEqual([7, 8.5]);
  await appendFile(openPath(1), toText([trade(9)]));
  expect(await readIds()).toEqual([9, 8.5]);
});

it('reads what no fast way can, and passes over what no way can', async () => {
  await writeOpen(1, [
    trade(1),
    '{"odd":1}',
    'no json',
    '',
    quote(2),
    '{"recv":1,"conn":"c1","msg"',
  ]);
  expect(await readIds()).toEqual([1, 2.5]);
});

const action = fc.constantFrom(
  'trade',
  'quote',
  'odd',
  'late fill',
  'seal',
  'pack',
  'import',
  'ask',
);

let runs = 0;
it('is the last of all that was heard, whatever came in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 4, maxLength: 24 }), async (actions) => {
      instrument = { exchange: 'binance', symbol: `RUN${runs++}` };
      folder = rawDayDir(root, instrument, day);
      let lines = [controlLine(startUs, 'listening')];
      let [number, id, lastTrade, lastQuote] = [
        1,
        100,
        null as number | null,
        null as number | null,
      ];
      const say = async (line: string) => {
        lines.push(line);
        await writeOpen(number, lines);
      };
      await writeOpen(number, lines);
      for (const one of [...actions, 'ask'] as const) {
        id += 1;
        if (one === 'trade') {
          lastTrade = id;
          await say(trade(id));
        } else if (one === 'quote') {
          lastQuote = id + 0.5;
          await say(quote(id));
        } else if (one === 'odd') await say('{"recv":7,"odd":true}');
        else if (one === 'late fill') await say(restLine(startUs, [{ id: id - 100, us: startUs }]));
        else if (one === 'ask') expect(await readIds()).toEqual([lastTrade, lastQuote]);
        else if (number < 9) {
          const isImport = one === 'import';
          const origin = { origin: '/other', last_trade_id: 1 };
          if (isImport) await seal(number + 1, [trade(1), quote(1)], origin);
          else await seal(number, lines, {}, one === 'pack' ? 'zstd' : 'none');
          if (isImport) await rm(openPath(number));
          number += isImport ? 2 : 1;
          if (!isImport) lines = [controlLine(startUs, 'listening')];
          await writeOpen(number, lines);
        }
      }
    }),
    { numRuns: 12 },
  );
}, 60_000);
