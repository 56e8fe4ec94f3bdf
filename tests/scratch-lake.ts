// A lake in a temporary folder for tests: raw parts in, transform runs, rows out.

import { createHash } from 'node:crypto';
import { glob, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { vi } from 'vitest';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { type DuckdbSession, openDuckdb, type Row } from '../lake/duckdb.ts';
import { type Log, silentLog } from '../lake/log.ts';
import type { ModeOptions } from '../lake/mode.ts';
import type { RenewCatalog } from '../transformer/renew-catalog.ts';
import { transformAndReport } from '../transformer/transform.ts';
import type { PlainBar } from './plain-bars.ts';

export type ScratchLake = {
  root: string;
  /** Writes a sealed part of binance/<symbol>; no raw manifest, as if it came from elsewhere. */
  writePart(day: string, number: number, lines: readonly string[], symbol?: string): Promise<void>;
  /** Runs the transformer; the exit code. */
  transform(options?: ModeOptions, log?: Log): Promise<number>;
  /** Rows of a query; `bars` and `trades` stand for the Parquet files. */
  query(sql: string): Promise<Row[]>;
  readBars(symbol?: string): Promise<PlainBar[]>;
  /** SHA-256 of every Parquet partition by its path below the root. */
  digestPartitions(): Promise<Record<string, string>>;
};

/** One thread: a second one has nothing to do in a small lake, and costs a quarter more. */
const smallLake = 'transformer: { threads: 1 }';

/** `renewCatalog` where the test is about the catalog; whoever asks one has it made anyway. */
export async function makeScratchLake(
  yaml = smallLake,
  renew: RenewCatalog = keepCatalog,
): Promise<ScratchLake> {
  const root = await mkdtemp(join(tmpdir(), 'lake-'));
  const config = parseConfig(`${yaml}\nroot: ${root}`, {});
  const lake: ScratchLake = {
    root,
    async writePart(day, number, lines, symbol = 'BTCUSDT') {
      const name = `part_${String(number).padStart(4, '0')}.jsonl`;
      const path = join(root, 'raw/binance', symbol, day, name);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, lines.map((line) => `${line}\n`).join(''));
    },
    async transform(options = {}, log = silentLog) {
      const print = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
      const context = {
        config,
        configText: '',
        options,
        positionals: [],
        onReload() {},
        log: { relay() {}, close: async () => {}, ...log },
        clock: openSystemClock(),
        signal: new AbortController().signal,
      };
      const running = transformAndReport(context, renew);
      return running.finally(() => print.mockRestore());
    },
    async query(sql) {
      reader ??= openReader();
      const files = (dataset: string, file: string) =>
        `read_parquet('${root}/${dataset}/*/*/*/*/*/${file}', hive_partitioning = false)`;
      return (await reader).all(
        sql
          .replaceAll(/FROM bars\b/g, `FROM ${files('parquet', 'bars_1s.parquet')}`)
          .replaceAll(/FROM trades\b/g, `FROM ${files('trades', 'trades.parquet')}`),
      );
    },
    async readBars(symbol = 'BTCUSDT') {
      const rows = await lake.query(
        `SELECT * EXCLUDE (exchange, symbol) REPLACE (epoch_us(window_start) // 1000000 AS window_start)
         FROM bars WHERE symbol = '${symbol}' ORDER BY window_start`,
      );
      const wide = ['window_start', 'first_trade_id', 'last_trade_id'];
      return rows.map((row) => {
        const bar = { ...row } as PlainBar;
        for (const column of wide) if (bar[column] !== null) bar[column] = Number(bar[column]);
        return bar;
      });
    },
    digestPartitions: () => digestPartitions(root),
  };
  return lake;
}

/** To make a catalog takes longer than to transform a small lake. */
export async function keepCatalog(): Promise<void> {}

/** The session of this process that reads lakes. */
let reader: Promise<DuckdbSession> | undefined;

async function openReader(): Promise<DuckdbSession> {
  const spillDir = join(tmpdir(), 'spill');
  const limits = { memoryLimit: '1GB', threads: 1, spillDir };
  return openDuckdb({ path: ':memory:', ...limits });
}

/** SHA-256 of every Parquet partition below `root` by its path there. */
export async function digestPartitions(root: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for await (const path of glob(join(root, '{parquet,trades}/**/*.parquet'))) {
    const hash = createHash('sha256').update(await readFile(path));
    digests[relative(root, path)] = hash.digest('hex');
  }
  return Object.fromEntries(Object.entries(digests).sort());
}
