// `GET /`: the page for people.

import { paths } from './answers.ts';
import type { WebApp, WebContext } from './app.ts';
import { readLakeHealth } from './lake-health.ts';
import { formatPage } from './page.ts';

export function addPageRoute(app: WebApp, { config, clock }: WebContext): void {
  app.get(paths.page, async (_request, reply) => {
    const { heartbeat, verdict } = await readLakeHealth(config, clock);
    return reply.type('text/html; charset=utf-8').send(formatPage(heartbeat, verdict));
  });
}
