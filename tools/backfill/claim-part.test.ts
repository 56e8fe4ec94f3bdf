import fs, {
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openPartFile } from '../../collector/part-file.ts';
import { PartNumbers } from '../../collector/part-numbers.ts';
import { recoverParts } from '../../collector/recovery.ts';
import { parsePartFileName } from '../../lake/layout.ts';
import { silentLog } from '../../lake/log.ts';
import { appendPartRecord, readPartRecords } from '../../lake/part-manifest.ts';
import { claimPart, recoverStaged, type StagedPart } from './claim-part.ts';
import { DayFolders } from './day-folder.ts';

const text = '{"recv":1,"conn":"rest","event":"fill"}\n{"recv":1,"conn":"rest","msg":[]}\n';
const note = '.staged.json';

let root: string;
let dayDir: string;
let stagingDir: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'claim-'));
  dayDir = join(root, 'raw/binance/BTCUSDT/2026-11-21');
  stagingDir = join(root, 'state/tmp/backfill');
  await mkdir(dayDir, { recursive: true });
  await mkdir(stagingDir, { recursive: true });
});
afterEach(() => rm(root, { recursive: true }));

async function stage(isPacked: boolean): Promise<StagedPart> {
  const plainPath = join(stagingDir, 'fill-0.jsonl');
  await writeFile(plainPath, text);
  const plain = {
    ...{ bytes: text.length, lines: 2, sha256: 'plain', streams: {} },
    ...{ first_recv: 1, last_recv: 1, first_event: 5, last_event: 6 },
    ...{ first_trade_id: 7, last_trade_id: 9 },
  };
  const path = `${plainPath}.packed`;
  if (isPacked) await writeFile(path, zstdCompressSync(text));
  const packed = {
    ...{ path, compression: 'zstd' as const },
    description: { ...plain, sha256: 'packed' },
  };
  return { dayDir, plainPath, plain, packed: isPacked ? packed : undefined };
}

async function readOnlyPart(): Promise<{ name: string; text: string; sha256: string | undefined }> {
  const names = (await readdir(dayDir)).filter((name) => name.startsWith('part'));
  expect(names).toHaveLength(1);
  const name = names[0]!;
  const bytes = await readFile(join(dayDir, name));
  const record = (await readPartRecords(dayDir)).get(name);
  expect(record).toMatchObject({ first_trade_id: 7, last_trade_id: 9 });
  const content = name.endsWith('.zst') ? zstdDecompressSync(bytes) : bytes;
  return { name, text: content.toString(), sha256: record?.sha256 };
}

describe.each([
  ['plain', false, 'part_0001.jsonl'],
  ['packed', true, 'part_0001.jsonl.zst'],
] as const)('a %s part', (kind, isPacked, sealedName) => {
  it('is sealed under the next number, described, and leaves nothing staged', async () => {
    expect(await claimPart(await stage(isPacked))).toBe(sealedName);
    expect(await readOnlyPart()).toEqual({ name: sealedName, text, sha256: kind });
    expect(await readdir(stagingDir)).toEqual([]);
  });

  it('never takes the number of a part that is written, sealed, or only in the manifest', async () => {
    await writeFile(join(dayDir, 'part_0003.jsonl.open'), 'being written');
    expect(await claimPart(await stage(isPacked))).toBe(sealedName.replace('1', '4'));
    await rm(join(dayDir, sealedName.replace('1', '4')));
    expect(await claimPart(await stage(isPacked))).toBe(sealedName.replace('1', '5'));
    const numbers = new PartNumbers();
    const { file, path } = await numbers.openNext(dayDir, openPartFile);
    await file.close();
    expect(path).toContain('part_0006');
  });

  it('nor that of one which came, was described and went while others were claimed', async () => {
    const folders = new DayFolders();
    const claim = async () => claimPart(await stage(isPacked), async () => {}, folders);
    expect(await claim()).toBe(sealedName);
    await appendPartRecord(dayDir, { ...(await stage(false)).plain, part: 'part_0002.jsonl' });
    expect(await claim()).toBe(sealedName.replace('1', '3'));
    await writeFile(join(dayDir, 'part_0004.jsonl'), 'sealed by another');
    expect(await claim()).toBe(sealedName.replace('1', '5'));
    expect([...(await readPartRecords(dayDir)).keys()]).toHaveLength(4);
    await rm(dayDir, { recursive: true });
    expect(await claim()).toBe(sealedName.replace('1', '6'));
  });

  it('is put beside many others without the folder being listed for each', async () => {
    const folders = new DayFolders();
    const listings = vi.spyOn(fs, 'readdir');
    syncBuiltinESMExports();
    try {
      for (let i = 0; i < 10; i++) {
        await claimPart(await stage(isPacked), async () => {}, folders);
      }
      expect(listings.mock.calls.filter(([path]) => path === dayDir)).toHaveLength(1);
    } finally {
      listings.mockRestore();
      syncBuiltinESMExports();
    }
  });

  it('and the collector never get one number, though they take turns as fast as they can', async () => {
    const numbers = new PartNumbers();
    const taken: string[] = [];
    let isFilling = true;
    const collect = async () => {
      while (isFilling) {
        const { file, path } = await numbers.openNext(dayDir, openPartFile);
        await file.close();
        await rename(path, path.replace('.open', ''));
        taken.push(parsePartFileName(basename(path))!.stem);
      }
    };
    const folders = new DayFolders();
    const fill = async () => {
      for (let i = 0; i < 15; i++) {
        const name = await claimPart(await stage(isPacked), async () => {}, folders);
        taken.push(parsePartFileName(name)!.stem);
      }
      isFilling = false;
    };
    await Promise.all([collect(), fill()]);
    expect(taken.length).toBeGreaterThan(20);
    expect(new Set(taken).size).toBe(taken.length);
    const names = (await readdir(dayDir)).filter((name) => name.startsWith('part'));
    expect(names.map((name) => parsePartFileName(name)!.stem).sort()).toEqual(taken.sort());
  });
});

/** What a process that is killed leaves, step by step; `true`: a collector starts before we do. */
describe.each([false, true])('after a crash, a collector started first: %s', (isCollectorFirst) => {
  async function recover(): Promise<void> {
    if (isCollectorFirst) await recoverParts({ root, compression: 'none', log: silentLog });
    await recoverStaged(stagingDir);
    await recoverParts({ root, compression: 'none', log: silentLog });
    expect(await readdir(join(root, 'state/tmp'))).toEqual([]);
  }
  const open = () => join(dayDir, 'part_0001.jsonl.open');
  const noteDown = async (staged: StagedPart) => {
    await writeFile(staged.plainPath + note, JSON.stringify(staged));
    return staged;
  };

  it.each([false, true])(
    'a part that was not claimed is as if it had never been',
    async (packed) => {
      await noteDown(await stage(packed));
      await recover();
      expect((await readdir(dayDir)).filter((name) => name.startsWith('part'))).toEqual([]);
    },
  );

  it.each([false, true])('a claimed part is there once', async (packed) => {
    const staged = await noteDown(await stage(packed));
    await link(staged.plainPath, open());
    await recover();
    expect((await readOnlyPart()).text).toBe(text);
  });

  it('a sealed part is there once and described', async () => {
    const staged = await noteDown(await stage(false));
    await link(staged.plainPath, join(dayDir, 'part_0001.jsonl'));
    await recover();
    expect((await readOnlyPart()).sha256).toBe('plain');
  });

  it.each([true, false])(
    'a packed part is there once, its claim still there: %s',
    async (claimed) => {
      const staged = await noteDown(await stage(true));
      if (claimed) await link(staged.plainPath, open());
      await link(staged.packed!.path, join(dayDir, 'part_0001.jsonl.zst'));
      await recover();
      expect(await readOnlyPart()).toEqual({ name: 'part_0001.jsonl.zst', text, sha256: 'packed' });
    },
  );
});
