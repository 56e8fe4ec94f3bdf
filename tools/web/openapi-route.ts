// `GET /openapi.json`: the description of the API, made when it is asked for first.

import { readVersion } from '../../lake/version.ts';
import type { WebApp } from './app.ts';

export function addOpenApiRoute(app: WebApp): void {
  let text: string | undefined;
  app.get('/openapi.json', async (_request, reply) => {
    if (text === undefined) {
      const { formatOpenApi } = await import('./openapi.ts');
      text = JSON.stringify(formatOpenApi(readVersion()));
    }
    return reply.type('application/json; charset=utf-8').send(text);
  });
}
