// The mode `web`: dashboard, API and metrics over HTTP until SIGTERM, at the lowest claim on the machine, so that
// nobody who asks keeps the collector waiting. Reads what the other modes write, and writes nothing but its
// address. A new configuration is served from the moment it is read.

import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import type { Config } from '../../lake/config.ts';
import { formatReason } from '../../lake/errors.ts';
import type { ModeContext, RunMode } from '../../lake/mode.ts';
import { writeStatus } from '../../lake/status.ts';
import { openWebServer, type WebServer } from './server.ts';

export const runWeb: RunMode = async (context) => {
  const { config, signal, onReload } = context;
  setPriority(constants.priority.PRIORITY_LOW);
  let server = await serve(context, config);
  const failed = Promise.withResolvers<never>();
  onReload(async (next) => {
    await server.close();
    try {
      server = await serve(context, next);
    } catch (thrown) {
      failed.reject(thrown);
    }
  });
  const stopped = signal.aborted ? Promise.resolve() : once(signal, 'abort');
  await Promise.race([stopped, failed.promise]);
  await server.close();
  return 0;
};

async function serve({ log, clock }: ModeContext, config: Config): Promise<WebServer> {
  const server = await openWebServer({ config, clock, log });
  log.info(`serve ${server.url}`);
  process.stdout.write(`dashboard: ${server.url}\n`);
  const updated_at = new Date(clock.nowUs() / 1000).toISOString();
  await writeStatus(config.root, 'web', { updated_at, pid: process.pid, url: server.url }).catch(
    (thrown) => log.warn(`write status web: ${formatReason(thrown)}`),
  );
  return server;
}
