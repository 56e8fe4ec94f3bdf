// A lake of which parts are being written, and its live tail, for tests: what the views show beside what the
// transformer would write, were those parts cut at their last whole line and sealed.

import { cp, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseConfig } from '../lake/config.ts';
import type { Row } from '../lake/duckdb.ts';
import { rawDayDir } from '../lake/layout.ts';
import { silentLog } from '../lake/log.ts';
import { openLakeSession } from '../tools/query/lake-session.ts';
import { type LiveTail, openLiveTail } from '../transformer/live/live-tail.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

/** Every row, in order. */
export type Rows = { bars: Row[]; trades: Row[] };

export type LiveLake = ScratchLake & {
  /** Writes a part as it is being written, in place of what was written of it. */
  writeOpen(day: string, number: number, text: string): Promise<void>;
  seal(day: string, number: number): Promise<void>;
  refresh(): Promise<void>;
  /** Ends the tail's session and opens another. */
  reopen(): Promise<void>;
  /** What `bars_live` and `trades_live` show, as the files are. */
  readLive(): Promise<Rows>;
  /** What `bars_1s` and `trades` show. */
  readStored(): Promise<Rows>;
  /** What the transformer would write. */
  readExpected(): Promise<Rows>;
  close(): Promise<void>;
};

const instrument = { exchange: 'binance', symbol: 'BTCUSDT' };

const parseSmall = (root: string) => parseConfig(`root: ${root}\ntransformer: { threads: 1 }`, {});

export async function makeLiveLake(): Promise<LiveLake> {
  const lake = await makeScratchLake();
  const { root } = lake;
  const config = parseSmall(root);
  let tail: LiveTail = await openLiveTail(config, silentLog);
  const partPath = (day: string, number: number) =>
    join(rawDayDir(root, instrument, day), `part_${String(number).padStart(4, '0')}.jsonl`);
  return {
    ...lake,
    async writeOpen(day, number, text) {
      const path = `${partPath(day, number)}.open`;
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text);
    },
    seal: (day, number) => rename(`${partPath(day, number)}.open`, partPath(day, number)),
    refresh: () => tail.refresh(),
    async reopen() {
      tail.close();
      tail = await openLiveTail(config, silentLog);
    },
    readLive: () => readRows(root, 'bars_live', 'trades_live'),
    readStored: () => readRows(root, 'bars_1s', 'trades'),
    async readExpected() {
      const copy = await makeScratchLake();
      await cp(root, copy.root, { recursive: true });
      await rm(join(copy.root, 'state/live'), { recursive: true, force: true });
      for await (const path of glob(join(copy.root, 'raw/**/*.open'))) {
        const text = await readFile(path, 'utf8');
        await writeFile(path, text.slice(0, text.lastIndexOf('\n') + 1));
        await rename(path, path.slice(0, -'.open'.length));
      }
      if ((await copy.transform()) !== 0) throw new Error('the transformer failed');
      const rows = await readRows(copy.root, 'bars_1s', 'trades');
      await rm(copy.root, { recursive: true });
      return rows;
    },
    async close() {
      tail.close();
      await rm(root, { recursive: true });
    },
  };
}

async function readRows(root: string, bars: string, trades: string): Promise<Rows> {
  const session = await openLakeSession(parseSmall(root));
  try {
    return {
      bars: await session.all(`FROM ${bars} ORDER BY window_start`),
      trades: await session.all(`FROM ${trades} ORDER BY trade_id`),
    };
  } finally {
    session.close();
  }
}
