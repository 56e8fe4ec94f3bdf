// A lake for tests of the dashboard: four modelled days of two symbols with a missing minute and a filled one
// yesterday, the real collector on the embedded exchange, and the real web server, which can be stopped and
// started again at the same address.

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeMonth } from '../../bench/month-model.ts';
import { addDays, type Day, formatDay } from '../../lake/day.ts';
import { type DuckdbSession, openDuckdb, type Row } from '../../lake/duckdb.ts';
import { heartbeatPath } from '../../lake/layout.ts';
import { silentLog } from '../../lake/log.ts';
import { readStatus, webStatusSchema } from '../../lake/status.ts';
import { programConfigPath, type RunningMode, startMode } from '../../tools/program/program.ts';
import { openSimulator } from '../../tools/simulator/server.ts';
import { fullInputs } from '../metric-inputs.ts';

export const symbols = ['BTCUSDT', 'ETHUSDT'];
const log = { ...silentLog, relay() {}, close: async () => {} };

export type DashboardLake = {
  /** Of the web server, `http://127.0.0.1:12345`. */
  url: string;
  /** The day whose minute 10:00 is missing and whose minute 10:01 was filled. */
  yesterday: Day;
  /** Rows over the modelled days; `bars` stands for their files. */
  query(sql: string): Promise<Row[]>;
  writeHeartbeat(changes: object): Promise<void>;
  stopWeb(): Promise<void>;
  /** At the same address as before. */
  startWeb(token?: string): Promise<void>;
  close(): Promise<void>;
};

export async function openDashboardLake(): Promise<DashboardLake> {
  const root = await mkdtemp(join(tmpdir(), 'dashboard-'));
  const yesterday = addDays(formatDay(Date.now() * 1000), -1);
  await writeMonth(root, { symbols, days: 4, from: addDays(yesterday, -3) });
  const simulator = await openSimulator({ symbols, rate: 20, historyMs: 60_000 });
  const spillDir = join(root, 'spill');
  const limits = { memoryLimit: '500MB', threads: 1, spillDir };
  const session: DuckdbSession = await openDuckdb({ path: ':memory:', ...limits });
  let [port, web]: [number, RunningMode | undefined] = [0, undefined];

  async function writeConfig(token: string): Promise<void> {
    const urls = `ws_url: "${simulator.wsUrl}", rest_url: "${simulator.restUrl}"`;
    const exchanges = `{ binance: { ${urls}, symbols: [${symbols.join(', ')}] } }`;
    const text = `root: ${root}\nexchanges: ${exchanges}\nweb: { port: ${port}, token: "${token}" }\n`;
    await writeFile(programConfigPath(root), text);
  }

  const lake: DashboardLake = {
    url: '',
    yesterday,
    query: (sql) =>
      session.all(
        sql.replace(
          /FROM bars\b/,
          `FROM read_parquet('${root}/parquet/*/*/*/*/*/bars_1s.parquet')`,
        ),
      ),
    async writeHeartbeat(changes) {
      await mkdir(dirname(heartbeatPath(root)), { recursive: true });
      const timestamp = new Date().toISOString();
      const heartbeat = { ...fullInputs.heartbeat, timestamp, ...changes };
      await writeFile(heartbeatPath(root), JSON.stringify(heartbeat));
    },
    async stopWeb() {
      await web?.stop();
      web = undefined;
    },
    async startWeb(token = '') {
      const since = new Date().toISOString();
      await writeConfig(token);
      web = startMode('web', root, log);
      let status = await readStatus(root, 'web', webStatusSchema);
      while (status === undefined || status.updated_at < since) {
        await sleep(50);
        status = await readStatus(root, 'web', webStatusSchema);
      }
      lake.url = status.url;
      port = Number(new URL(status.url).port);
    },
    async close() {
      session.close();
      await lake.stopWeb();
      await collector.stop();
      await simulator.close();
      await rm(root, { recursive: true });
    },
  };
  await writeConfig('');
  const collector = startMode('collect', root, log);
  await lake.writeHeartbeat({});
  await lake.startWeb();
  return lake;
}
