// The layers of the live tail, one after the other in one lake: what is kept, handed over, taken away and made
// again when parts are sealed, runs come in between and files are lost.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../lake/config.ts';
import { livePath, rawDayDir } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { isTailEmpty } from '../transformer/live/empty-tail.ts';
import { openLiveTail } from '../transformer/live/live-tail.ts';
import { type LiveLake, makeLiveLake } from './live-lake.ts';
import { controlLine, quoteLine, restLine, tradeLine, us } from './raw-lines.ts';

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };
const day = '2026-03-01';
const start = us('2026-03-01T23:58:00Z');
const at = (second: number) => start + second * 1_000_000;

/** A trade every 5 s, with the ids in that order. */
function listTrades(from: number, to: number): string[] {
  const lines: string[] = [];
  for (let second = from; second < to; second += 5) {
    lines.push(tradeLine({ id: 1000 + second / 5, us: at(second), price: `${100 + second}` }));
  }
  return lines;
}
const part = (from: number, event: string, ...more: string[]) =>
  [controlLine(at(from), event), ...listTrades(from, from + 30), ...more].map((l) => `${l}\n`);

let lake: LiveLake;
beforeAll(async () => {
  lake = await makeLiveLake();
});
afterAll(() => lake.close());

async function compare(): Promise<void> {
  await lake.refresh();
  expect(await lake.readLive()).toEqual(await lake.readExpected());
}

const livePathOf = (dataset: 'bars_1s' | 'trades', layer: 'sealed' | 'open') =>
  livePath(lake.root, dataset, instrument, layer);

describe('the live tail', () => {
  it('keeps what was sealed before when more is sealed', async () => {
    await lake.writePart(day, 1, [controlLine(at(0), 'subscribed')]);
    for (const [number, from] of [0, 30, 60].entries()) {
      // The only quotes: those of later seconds stand on them.
      const quotes = from === 0 ? [quoteLine(at(1), 1, '99', '101')] : [];
      const lines = part(from, from === 0 ? 'subscribed' : 'listening', ...quotes);
      await lake.writeOpen(day, number + 1, lines.join(''));
      if (from === 0) await rm(join(rawDayDir(lake.root, instrument, day), 'part_0001.jsonl'));
      await lake.seal(day, number + 1);
      await lake.refresh();
    }
    await compare();
  });

  it('goes on from the edge of what is sealed, without looking at more', async () => {
    const [first, ...rest] = part(90, 'listening');
    await lake.writeOpen(day, 4, [first, ...rest.slice(0, 2)].join(''));
    await lake.refresh();
    await lake.writeOpen(day, 4, [first, ...rest].join(''));
    await compare();
  });

  it('gives the part being written the values of the sealed one before that is in place', async () => {
    const known = await readFile(
      join(rawDayDir(lake.root, instrument, day), 'part_0004.jsonl.open'),
      'utf8',
    );
    const late = tradeLine({ id: 1024, us: at(115), price: '7' });
    await lake.writeOpen(day, 4, `${known}${late}\n`);
    await lake.seal(day, 4);
    const obstacle = `${livePathOf('bars_1s', 'sealed')}.staged`;
    await mkdir(obstacle);
    await expect(lake.refresh()).rejects.toThrow('refresh live binance/BTCUSDT');
    await rm(obstacle, { recursive: true });
    const { bars } = await lake.readLive();
    expect(bars.at(-1)).toMatchObject({ window_start: '2026-03-01 23:59:55+00', low: 7 });
    // The next comparison sees that it goes on from there.
    await lake.refresh();
  });

  it('reads packed parts, a part that a crash has left open, and fills in one that goes on', async () => {
    await lake.writeOpen(day, 5, part(130, 'subscribed').join('').slice(0, -40));
    const fill = restLine(at(170), [{ id: 1025, us: at(121) }]);
    const lines = part(170, 'subscribed', fill);
    await lake.writeOpen('2026-03-02', 1, lines.join(''));
    const path = join(rawDayDir(lake.root, instrument, day), 'part_0003.jsonl');
    await writeFile(`${path}.zst`, zstdCompressSync(await readFile(path)));
    await rm(path);
    await compare();
  });

  it('reads a line that is odd as the transformer does, and all that comes behind it', async () => {
    const lines = part(170, 'subscribed');
    await lake.writeOpen('2026-03-02', 1, `${lines.join('')}{"recv":1,\n`);
    await lake.refresh();
    const more = tradeLine({ id: 1041, us: at(203) });
    await lake.writeOpen('2026-03-02', 1, `${lines.join('')}{"recv":1,\n${more}\n`);
    await compare();
  });

  it('is made again where a file of it is torn, and where one is gone', async () => {
    const before = await lake.readLive();
    await truncate(livePathOf('bars_1s', 'sealed'), 100);
    // Of one that was being made when the process was killed.
    const next = join(lake.root, 'state/live/binance/BTCUSDT/next');
    await mkdir(next);
    await writeFile(join(next, 'trades.sealed.parquet'), 'half');
    await lake.refresh();
    expect(await lake.readLive()).toEqual(before);
    expect(existsSync(next)).toBe(false);
    await rm(livePathOf('trades', 'open'));
    await rm(livePathOf('trades', 'sealed'));
    await lake.refresh();
    expect(await lake.readLive()).toEqual(before);
  });

  it('never stands in front of what a run has published', async () => {
    // Of a second that the tail shows otherwise.
    const late = tradeLine({ id: 1042, us: at(195), price: '3' });
    await lake.writeOpen('2026-03-02', 1, `${part(170, 'subscribed').join('')}${late}\n`);
    const expected = await lake.readExpected();
    await lake.seal(day, 5);
    await lake.seal('2026-03-02', 1);
    expect(await lake.transform()).toBe(0);
    expect(await lake.readLive()).toEqual(expected);
    expect(await lake.readStored()).toEqual(expected);
    await lake.refresh();
    expect(await lake.readLive()).toEqual(expected);
  });

  it('goes on when the raw of what is published is deleted, and grows out of the partitions', async () => {
    await rm(rawDayDir(lake.root, instrument, day), { recursive: true });
    await lake.writeOpen('2026-03-02', 2, part(205, 'listening').join(''));
    await compare();
  });
});

describe('a second with a bar', () => {
  it('has none any more when a later part says that nobody listened', async () => {
    const other = await makeLiveLake();
    const fill = restLine(at(1), [{ id: 1, us: at(1) }]);
    const quiet = [controlLine(at(0), 'subscribed'), fill, quoteLine(at(20), 1, '99', '101')];
    await other.writePart(day, 1, quiet);
    await other.refresh();
    const before = (await other.readLive()).bars.length;
    // The local clock is 5 s ahead: so it was in the part before, of which nothing told.
    const trade = tradeLine({ id: 9, us: at(60), recv: at(65) });
    await other.writeOpen(day, 2, `${controlLine(at(64), 'subscribed', 'c2')}\n${trade}\n`);
    await other.refresh();
    const shown = await other.readLive();
    expect(shown).toEqual(await other.readExpected());
    expect(shown.bars.length).toBeLessThan(before);
    await other.close();
  });
});

describe('a tail that cannot be made', () => {
  it('is emptied beside what a run has published, which is no failed run', async () => {
    const other = await makeLiveLake();
    await other.writePart(day, 1, part(0, 'subscribed').join('').trimEnd().split('\n'));
    await other.refresh();
    expect((await other.readLive()).trades.length).toBe(6);
    const path = join(other.root, 'state/live/binance/BTCUSDT/sealed.json');
    await rm(path);
    await mkdir(path);
    const warnings: string[] = [];
    const log = { ...silentLog, warn: (message: string) => void warnings.push(message) };
    await other.writePart(day, 2, part(30, 'listening').join('').trimEnd().split('\n'));
    expect(await other.transform({}, log)).toBe(0);
    expect(warnings).toEqual([expect.stringContaining('live views end where partitions do')]);
    expect((await other.readLive()).trades.length).toBe(12);
    expect(await isTailEmpty(other.root, instrument)).toBe(true);
    await other.close();
  });

  it('leaves no session behind', async () => {
    const root = await mkdtemp(join(tmpdir(), 'lake-'));
    await mkdir(join(root, 'state'));
    await writeFile(join(root, 'state/live'), '');
    const config = parseConfig(`root: ${root}`, {});
    await expect(openLiveTail(config, silentLog)).rejects.toThrow('state/live');
    expect(await readdir(join(root, 'state/spill'))).toEqual([]);
    await rm(root, { recursive: true });
  });
});
