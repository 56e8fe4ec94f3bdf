// A served lake for tests: a symbol with a whole stretch of history, a gap in it, and raw that no run has transformed,
// down to a part that is being written.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openSystemClock } from '../lake/clock.ts';
import { parseConfig } from '../lake/config.ts';
import { silentLog } from '../lake/log.ts';
import { openWebServer, type WebServer } from '../tools/web/server.ts';
import { controlLine, quoteLine, tradeLine, us } from './raw-lines.ts';
import { makeScratchLake, type ScratchLake } from './scratch-lake.ts';

export const processLog = { ...silentLog, relay() {}, close: async () => {} };
export const day = '2026-03-01';
export const startUs = us(`${day}T10:00:00Z`);

export type ServedLake = ScratchLake & {
  server: WebServer;
  get(path: string, init?: RequestInit): Promise<Response>;
  getJson<Body = Record<string, never>>(path: string): Promise<Body>;
  postSql(sql: string, query?: string, init?: RequestInit): Promise<Response>;
  /** Appends a second of the market to the part that is being written. */
  writeOpenSeconds(first: number, count: number): Promise<void>;
  close(): Promise<void>;
};

/** Seconds from `startUs` on that are transformed, without those of the gap; those after them are raw. */
export const history = { seconds: 600, gap: { from: 300, to: 320 } } as const;

/** One trade and one quote each second. */
export function secondLines(second: number): string[] {
  const timeUs = startUs + second * 1_000_000;
  // The connection that was lost is replaced by another.
  const conn = second < history.gap.to ? 'c1' : 'c2';
  const price = (100 + (second % 50) / 4).toFixed(8);
  return [
    quoteLine(timeUs + 100_000, 1000 + second, '99.50000000', '100.50000000', conn),
    tradeLine({ id: 1000 + second, us: timeUs + 500_000, price, maker: second % 2 === 0, conn }),
  ];
}

function listLines(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => secondLines(from + index)).flat();
}

/** `nowUs`: what the server takes for the present, where it is not. */
export async function openServedLake(web: object = {}, nowUs?: number): Promise<ServedLake> {
  const lake = await makeScratchLake();
  const { gap, seconds } = history;
  const at = (second: number) => startUs + second * 1_000_000;
  await lake.writePart(day, 1, [
    controlLine(at(0) - 1000, 'subscribed'),
    ...listLines(0, gap.from),
    controlLine(at(gap.from), 'close'),
    controlLine(at(gap.to) - 1000, 'subscribed', 'c2'),
    ...listLines(gap.to, seconds),
  ]);
  await lake.transform();
  const config = parseConfig(JSON.stringify({ root: lake.root, web: { port: 0, ...web } }), {});
  const clock = openSystemClock();
  if (nowUs !== undefined) clock.nowUs = () => nowUs;
  const server = await openWebServer({ config, clock, log: processLog });
  const get = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init);
  const openPath = join(lake.root, 'raw/binance/BTCUSDT', day, 'part_0002.jsonl.open');
  return {
    ...lake,
    server,
    get,
    getJson: async <Body>(path: string) => (await get(path)).json() as Promise<Body>,
    postSql: (sql, query = '', init = {}) =>
      get(`/api/sql${query}`, {
        method: 'POST',
        body: JSON.stringify({ sql }),
        ...init,
        headers: { 'content-type': 'application/json', ...init.headers },
      }),
    async writeOpenSeconds(first, count) {
      const seconds = Array.from({ length: count }, (_, index) =>
        secondLines(first + index),
      ).flat();
      await mkdir(dirname(openPath), { recursive: true });
      await writeFile(openPath, seconds.map((line) => `${line}\n`).join(''), { flag: 'a' });
    },
    close: () => server.close(),
  };
}
