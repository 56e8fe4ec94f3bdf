// The folder of a demo and the configuration in it. A demo never writes into a lake that is not one of
// its own: made-up trades must not get among real ones.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../lake/config.ts';
import { readTextIfPresent, writeFileDurably } from '../../lake/durable.ts';
import { OperationalError } from '../../lake/errors.ts';
import { programConfigPath } from '../program/program.ts';

const marker =
  '# Made by the demo: everything below this folder comes from the embedded exchange.\n';

/** The folder to use: `given`, or a new temporary one, which is kept. */
export async function openDemoRoot(given: string | undefined): Promise<string> {
  if (given === undefined) return mkdtemp(join(tmpdir(), 'crypto-lake-demo-'));
  const root = resolve(given);
  const config = await readTextIfPresent(programConfigPath(root));
  if (existsSync(join(root, 'raw')) && !config?.startsWith(marker)) {
    throw new OperationalError(`start demo in ${root}: there is a lake in it that is no demo's`, {
      hint: 'give an empty folder with --root, or none for a temporary one',
    });
  }
  await mkdir(root, { recursive: true });
  return root;
}

export type Venue = {
  wsUrl: string;
  restUrl: string;
  archiveUrl: string;
  symbols: readonly string[];
};

/** Writes the configuration by which the demo's lake can be run and queried. */
export async function writeDemoConfig(root: string, venue: Venue): Promise<void> {
  await writeFileDurably(programConfigPath(root), marker + stringify(planDemoConfig(root, venue)));
}

/** Everything in seconds instead of minutes, and nothing beyond the embedded exchange. */
function planDemoConfig(root: string, venue: Venue): DemoConfig {
  const { wsUrl: ws_url, restUrl: rest_url, archiveUrl: archive_url, symbols } = venue;
  const channels = ['trade', 'bookTicker'];
  return {
    root,
    exchanges: { binance: { symbols, channels, ws_url, rest_url, archive_url } },
    collector: { rotate_seconds: 5 },
    transformer: { interval_minutes: 0.1 },
    health: { interval_seconds: 2 },
    web: { port: 0 },
  };
}

type DemoConfig = Pick<Config, 'root'> & { [section: string]: unknown };
