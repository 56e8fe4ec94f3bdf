import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { rawDayDir } from '../lake/layout.ts';
import { type Log, silentLog } from '../lake/log.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import { GapState } from './gap-state.ts';
import { recoverParts } from './recovery.ts';
import { formatFrame } from './scripted-exchange.ts';

const lines = [
  '{"recv":1763510400000001,"conn":"c1","event":"subscribed","streams":["btcusdt@trade"]}\n',
  `{"recv":1763510400000002,"conn":"c1","msg":${formatFrame('BTCUSDT', 7)}}\n`,
  `{"recv":1763510400000003,"conn":"c1","msg":${formatFrame('BTCUSDT', -8)}}\n`,
  `{"recv":1763510400000004,"conn":"c1","msg":${formatFrame('BTCUSDT', 9)}}\n`,
];
const whole = Buffer.from(lines.join(''));

let root: string;
let dayDir: string;
let errors: string[];
let log: Log;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'recovery-'));
  dayDir = rawDayDir(root, { exchange: 'binance', symbol: 'BTCUSDT' }, '2026-11-20');
  await mkdir(dayDir, { recursive: true });
  errors = [];
  log = { ...silentLog, error: (message) => errors.push(message) };
});
afterEach(() => rm(root, { recursive: true }));

function recover(compression: 'none' | 'gzip' = 'none'): Promise<void> {
  return recoverParts({ root, compression, log });
}

describe('recovery', () => {
  test('cuts an open part at its last whole line, whatever byte the crash came at', async () => {
    const whole = Buffer.from(lines[0]! + lines[2]!);
    for (let cut = 0; cut <= whole.length; cut++) {
      await rm(dayDir, { recursive: true });
      await mkdir(dayDir);
      await writeFile(join(dayDir, 'part_0001.jsonl.open'), whole.subarray(0, cut));
      await recover();
      const kept = whole.subarray(0, whole.subarray(0, cut).lastIndexOf('\n') + 1);
      const names = kept.length > 0 ? ['manifest.jsonl', 'part_0001.jsonl'] : [];
      expect((await readdir(dayDir)).sort()).toEqual(names);
      if (kept.length === 0) continue;
      expect((await readFile(join(dayDir, 'part_0001.jsonl'))).equals(kept)).toBe(true);
      const record = (await readPartRecords(dayDir)).get('part_0001.jsonl');
      expect(record?.lines).toBe(kept.toString().split('\n').length - 1);
      expect(record?.bytes).toBe(kept.length);
    }
  });

  test('finds the last line end where it lies far from the end of the file', async () => {
    const torn = `{"recv":1,"conn":"c1","msg":"${'x'.repeat(200_000)}`;
    await writeFile(
      join(dayDir, 'part_0001.jsonl.open'),
      Buffer.concat([whole, Buffer.from(torn)]),
    );
    await recover();
    expect((await readFile(join(dayDir, 'part_0001.jsonl'))).equals(whole)).toBe(true);
  });

  test('describes a sealed part that has no line, after a torn line too, and no part twice', async () => {
    await writeFile(join(dayDir, 'part_0001.jsonl'), whole);
    await writeFile(join(dayDir, 'part_0002.jsonl.gz'), gzipSync(whole));
    await writeFile(join(dayDir, 'manifest.jsonl'), '{"part":"part_00');
    await recover();
    const records = await readPartRecords(dayDir);
    expect([...records.keys()]).toEqual(['part_0001.jsonl', 'part_0002.jsonl.gz']);
    for (const record of records.values()) {
      expect(record).toMatchObject({
        lines: 4,
        streams: { 'btcusdt@trade': 2, 'btcusdt@bookTicker': 1 },
        first_recv: 1_763_510_400_000_001,
        last_recv: 1_763_510_400_000_004,
        first_event: 1_763_510_400_007_000,
        last_event: 1_763_510_400_009_000,
        first_trade_id: 7,
        last_trade_id: 9,
      });
    }
    const manifest = await readFile(join(dayDir, 'manifest.jsonl'), 'utf8');
    await recover();
    expect(await readFile(join(dayDir, 'manifest.jsonl'), 'utf8')).toBe(manifest);
  });

  test('describes frames in a shape the exchange has never sent as the recorder would have', async () => {
    const { stream, data } = JSON.parse(formatFrame('BTCUSDT', 12)) as object & {
      [key: string]: unknown;
    };
    const msg = JSON.stringify({ data, stream });
    const line = `{"recv":1763510400000005,"conn":"c1","msg":${msg}}\n`;
    await writeFile(join(dayDir, 'part_0001.jsonl'), lines.join('') + line);
    await recover();
    expect((await readPartRecords(dayDir)).get('part_0001.jsonl')).toMatchObject({
      lines: 5,
      streams: { 'btcusdt@trade': 3, 'btcusdt@bookTicker': 1 },
      last_event: 1_763_510_400_012_000,
      last_trade_id: 12,
    });
  });

  test('compresses what a crash left, and drops a copy that was half compressed', async () => {
    await writeFile(join(dayDir, 'part_0001.jsonl.open'), whole);
    await writeFile(join(dayDir, 'part_0001.jsonl.gz.open'), gzipSync(whole).subarray(0, 20));
    await recover('gzip');
    expect((await readdir(dayDir)).sort()).toEqual(['manifest.jsonl', 'part_0001.jsonl.gz']);
    const packed = await readFile(join(dayDir, 'part_0001.jsonl.gz'));
    expect(gunzipSync(packed).equals(whole)).toBe(true);
  });

  test('deletes the source of a part that is sealed in compressed form', async () => {
    await writeFile(join(dayDir, 'part_0001.jsonl.open'), whole);
    await writeFile(join(dayDir, 'part_0001.jsonl.gz'), gzipSync(whole));
    await recover('gzip');
    expect((await readdir(dayDir)).sort()).toEqual(['manifest.jsonl', 'part_0001.jsonl.gz']);
    expect(errors).toEqual([]);
  });

  test('leaves alone, and reports, an open part whose number a sealed part has', async () => {
    await writeFile(join(dayDir, 'part_0001.jsonl'), lines[0]!);
    await writeFile(join(dayDir, 'part_0001.jsonl.open'), lines[1]!);
    await recover();
    expect(await readFile(join(dayDir, 'part_0001.jsonl'), 'utf8')).toBe(lines[0]);
    expect(await readFile(join(dayDir, 'part_0001.jsonl.open'), 'utf8')).toBe(lines[1]);
    expect(errors).toEqual([expect.stringMatching(/part_0001\.jsonl\.open: a sealed part/)]);
  });

  test('goes on where a fill seals the part it has claimed in the same moment', async () => {
    // Listed, and gone when it is opened.
    await symlink(join(dayDir, 'nowhere'), join(dayDir, 'part_0001.jsonl.open'));
    await writeFile(join(dayDir, 'part_0002.jsonl.open'), whole);
    await recover();
    expect([...(await readPartRecords(dayDir)).keys()]).toEqual(['part_0002.jsonl']);
    expect(errors).toEqual([]);
  });

  test('does nothing where there is no lake yet', async () => {
    await recoverParts({ root: join(root, 'none'), compression: 'none', log });
    expect(await readdir(root)).toEqual(['raw']);
  });

  test('keeps what a part calls missing, and not what it has filled, before it is described', async () => {
    const gap = (from: number, to: number, event = 'gap') =>
      `{"recv":1,"conn":"c1","event":"${event}","from_id":${from},"to_id":${to}}\n`;
    const text = gap(5, 9) + lines[0]! + gap(20, 20) + gap(5, 7, 'fill');
    await writeFile(join(dayDir, 'part_0001.jsonl.open'), text);
    await recover();
    const gaps = await new GapState(root, log).read();
    expect([...gaps.values()]).toEqual([
      [
        { from: 8, to: 9 },
        { from: 20, to: 20 },
      ],
    ]);
  });
});
