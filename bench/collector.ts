// What the collector costs per message, beside a client that only counts and beside tardis-dev, on the
// same feed in the same run, alternating, best of several; and whether it keeps up with a burst.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rawDir } from '../lake/layout.ts';
import { readPartRecords } from '../lake/part-manifest.ts';
import type { Cost } from './clients/client.ts';
import { messagesPerBlock, symbols } from './feed.ts';
import type { Row } from './row.ts';

const rounds = 5;
/** Three million messages: enough for the start of the process not to count. */
const blocks = 9000;
const sustained = { perSecond: 200_000, seconds: 20 };

type ClientName = 'bare' | 'lake' | 'tardis';

export async function benchCollector(): Promise<Row[]> {
  const names: ClientName[] = ['bare', 'lake'];
  const hasTardis = existsSync(new URL('./node_modules/tardis-dev', import.meta.url));
  if (hasTardis) names.push('tardis');
  const best = { bare: Infinity, lake: Infinity, tardis: Infinity };
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { cpuUs, messages } = await measure(name, blocks, 0);
      best[name] = Math.min(best[name], cpuUs / messages);
    }
  }
  const cost = (name: ClientName) => ({ value: best[name], unit: 'µs CPU/message' });
  const rows: Row[] = [
    { name: 'bare ws client that counts', ...cost('bare') },
    { name: 'collector', ...cost('lake') },
    {
      name: 'collector over bare ws client',
      value: best.lake / best.bare,
      unit: 'x',
      bound: { max: 3.0 },
    },
  ];
  if (hasTardis) {
    const ratio = { value: best.lake / best.tardis, unit: 'x', bound: { max: 0.4 } };
    rows.push({ name: 'tardis-dev stream()', ...cost('tardis') });
    rows.push({ name: 'collector over tardis-dev', ...ratio });
  }
  return [...rows, ...(await benchSustained())];
}

async function benchSustained(): Promise<Row[]> {
  const { perSecond, seconds } = sustained;
  const wanted = Math.ceil((perSecond * seconds) / messagesPerBlock);
  const cost = await measure('lake', wanted, perSecond);
  const rate = `${perSecond} messages/s for ${seconds} s`;
  return [
    {
      name: `${rate}: sent in`,
      value: cost.sentMs / 1000,
      unit: 's',
      bound: { max: seconds * 1.01 },
    },
    { name: `${rate}: lost`, value: cost.lost, unit: 'messages', bound: { max: 0 } },
    {
      name: `${rate}: CPU`,
      value: cost.cpuUs / cost.wallMs / 1000,
      unit: 'cores',
      bound: { max: 1 },
    },
    {
      name: `${rate}: peak RSS`,
      value: cost.maxRssBytes / 1e6,
      unit: 'MB',
      bound: { max: 250 },
    },
  ];
}

/** Runs one client against a feed of its own. */
async function measure(
  name: ClientName,
  blockCount: number,
  perSecond: number,
): Promise<Cost & { sentMs: number; lost: number }> {
  const root = await mkdtemp(join(tmpdir(), 'bench-'));
  const messages = blockCount * messagesPerBlock;
  const server = start('feed-server.ts', [String(blockCount), String(perSecond)]);
  try {
    const { port } = await receive<{ port: number }>(server);
    const url = `ws://127.0.0.1:${port}`;
    const client = start(`clients/${name}.ts`, [url, String(messages), root]);
    const finished = receive<Cost>(client);
    const { sentMs } = await receive<{ sentMs: number }>(server);
    if (name === 'lake') client.send('stop');
    const cost = await finished;
    const lost = name === 'lake' ? messages - (await countFrames(root)) : 0;
    return { ...cost, sentMs, lost };
  } finally {
    server.disconnect();
    await rm(root, { recursive: true });
  }
}

function start(file: string, args: string[]): ChildProcess {
  return fork(join(import.meta.dirname, file), args, { execArgv: [] });
}

async function receive<T>(child: ChildProcess): Promise<T> {
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`run ${child.spawnargs[1]}: ended with ${code} before it reported`);
  });
  const [message] = await Promise.race([once(child, 'message'), exited]);
  return message as T;
}

/** Frames the manifests account for. */
async function countFrames(root: string): Promise<number> {
  let frames = 0;
  for (const symbol of symbols) {
    const directory = rawDir(root, { exchange: 'binance', symbol });
    for (const day of await readdir(directory)) {
      for (const { streams } of (await readPartRecords(join(directory, day))).values()) {
        for (const count of Object.values(streams)) frames += count;
      }
    }
  }
  return frames;
}
