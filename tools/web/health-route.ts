// `GET /health`: 200 or 503 by the verdict on the heartbeat, as `--mode health` gives it. A load balancer
// brings no token and is told the one word; everything else takes access. `GET /api/health`: the same for a page,
// with what the lake is called, and 200 whatever the verdict.

import { hostname } from 'node:os';
import { readVersion } from '../../lake/version.ts';
import { paths } from './answers.ts';
import type { WebApp, WebContext } from './app.ts';
import { readLakeHealth } from './lake-health.ts';

export function addHealthRoute(app: WebApp, { config, clock, access }: WebContext): void {
  const version = readVersion();
  const read = async () => {
    const { heartbeat, verdict } = await readLakeHealth(config, clock);
    const status = verdict.isGood ? (heartbeat?.status ?? 'unhealthy') : 'unhealthy';
    const full = { status, verdict: verdict.text, heartbeat: heartbeat ?? null };
    return { isGood: verdict.isGood, full };
  };
  app.get(paths.health, { config: { isOpen: true } }, async (request, reply) => {
    const { isGood, full } = await read();
    reply.code(isGood ? 200 : 503);
    return access.judge(request.headers) === 'granted' ? full : { status: full.status };
  });
  app.get('/api/health', async () => {
    const { full } = await read();
    return { ...full, version, host: hostname(), root: config.root };
  });
}
