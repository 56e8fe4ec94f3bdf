import { chmod, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { openUsageReader } from './lake-usage.ts';

const day = 'raw/binance/BTCUSDT/2026-11-20';
const partition = 'parquet/binance/BTCUSDT/year=2026/month=11/day=20';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'crypto-lake-usage-'));
});

async function put(path: string, content: string | number): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), typeof content === 'number' ? 'x'.repeat(content) : content);
}

/** Makes a folder look as if it had come to rest long ago. */
async function rest(path: string): Promise<void> {
  const longAgo = new Date(Date.now() - 7_200_000);
  await utimes(join(root, path), longAgo, longAgo);
}

/** Reads with the rights of a user to whom nothing belongs, whom root can become. */
function readAsNobody() {
  const [before, isRoot] = [process.cwd(), process.geteuid?.() === 0];
  process.chdir(root);
  if (isRoot) process.seteuid?.(65_534);
  try {
    return openUsageReader('.').read();
  } finally {
    if (isRoot) process.seteuid?.(0);
    process.chdir(before);
  }
}

const manifest = (rows: number) =>
  JSON.stringify({ schema_version: 1, revision: 1, rows, inputs: [] });

describe('openUsageReader', () => {
  it('counts sealed parts, rows of bars, and the bytes of every file', async () => {
    await put(`${day}/part_0001.jsonl`, 100);
    await put(`${day}/part_0002.jsonl.gz`, 50);
    await put(`${day}/part_0003.jsonl.open`, 10);
    await put(`${day}/manifest.jsonl`, 5);
    await put(`${partition}/bars_1s.parquet`, 1000);
    await put(`${partition}/bars_1s.manifest.json`, manifest(60));
    await put(
      'trades/binance/BTCUSDT/year=2026/month=11/day=20/trades.manifest.json',
      manifest(999),
    );
    await put('logs/qa/crypto-lake.log', 7);
    const expected = {
      bytes: 1172 + manifest(60).length + manifest(999).length,
      rawFiles: 2,
      parquetRows: 60,
      byDay: {
        raw: new Map([['2026-11-20', 165]]),
        partitions: new Map([['2026-11-20', 1000 + manifest(60).length + manifest(999).length]]),
      },
    };
    const reader = openUsageReader(root);
    expect(reader.read()).toMatchObject(expected);
    expect(reader.read()).toMatchObject(expected);
  });

  it('sees what grows, is sealed, replaced or deleted, though folders look unchanged', async () => {
    await put(`${day}/part_0001.jsonl.open`, 10);
    await put(`${partition}/bars_1s.manifest.json`, manifest(60));
    await Promise.all([rest(day), rest(partition)]);
    const reader = openUsageReader(root);
    reader.read();
    await put(`${day}/part_0001.jsonl.open`, 30);
    await rest(day);
    expect(reader.read().bytes).toBe(30 + manifest(60).length);

    await rename(join(root, day, 'part_0001.jsonl.open'), join(root, day, 'part_0001.jsonl'));
    await put(`${partition}/new`, manifest(120));
    await rename(join(root, partition, 'new'), join(root, partition, 'bars_1s.manifest.json'));
    expect(reader.read()).toMatchObject({
      bytes: 30 + manifest(120).length,
      rawFiles: 1,
      parquetRows: 120,
    });

    await rm(join(root, 'raw'), { recursive: true });
    expect(reader.read()).toMatchObject({ rawFiles: 0, parquetRows: 120 });
  });

  it('does not rely on a time of change within the same tick', async () => {
    await put(`${day}/part_0001.jsonl`, 10);
    const reader = openUsageReader(root);
    const now = new Date();
    await utimes(join(root, day), now, now);
    expect(reader.read().rawFiles).toBe(1);
    await put(`${day}/part_0002.jsonl`, 10);
    await utimes(join(root, day), now, now);
    expect(reader.read().rawFiles).toBe(2);
  });

  it('finds the rows of a manifest wherever they stand', async () => {
    const inputs = Array.from({ length: 100 }, (_, i) => ({
      part: `part_${i}.jsonl`,
      sha256: 'f',
    }));
    await put(`${partition}/bars_1s.manifest.json`, JSON.stringify({ inputs, rows: 5 }));
    expect(openUsageReader(root).read().parquetRows).toBe(5);
  });

  it('leaves out what is damaged, and what is not ours to read', async () => {
    await put(`${day}/part_0001.jsonl`, 10);
    await put(`${partition}/bars_1s.manifest.json`, '{torn');
    // As mkfs.ext4 leaves it on the disk of a lake.
    await mkdir(join(root, 'lost+found'), { mode: 0o000 });
    await chmod(root, 0o755);
    expect(readAsNobody()).toMatchObject({ bytes: 15, rawFiles: 1, parquetRows: 0 });
  });

  it('is empty where there is no lake yet', () => {
    expect(openUsageReader(join(root, 'missing')).read()).toMatchObject({
      bytes: 0,
      rawFiles: 0,
      parquetRows: 0,
    });
  });
});
