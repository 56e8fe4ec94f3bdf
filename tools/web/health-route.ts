// `GET /health`: 200 or 503 by the verdict on the heartbeat, as `--mode health` gives it. A load balancer
// brings no token and is told the one word; everything else takes access.

import { paths } from './answers.ts';
import type { WebApp, WebContext } from './app.ts';
import { readLakeHealth } from './lake-health.ts';

export function addHealthRoute(app: WebApp, { config, clock, access }: WebContext): void {
  app.get(paths.health, async (request, reply) => {
    const { heartbeat, verdict } = await readLakeHealth(config, clock);
    const status = verdict.isGood ? (heartbeat?.status ?? 'unhealthy') : 'unhealthy';
    reply.code(verdict.isGood ? 200 : 503);
    if (access(request.headers) !== 'granted') return { status };
    return { status, verdict: verdict.text, heartbeat: heartbeat ?? null };
  });
}
